//! The sentence encoder against the published code it is a port of: pieces and vectors of 500 headlines of each language, made by
//! `assets/encoder/reference.py`.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
#![expect(clippy::print_stdout, reason = "how near the vectors are is worth reading")]

use std::collections::BTreeMap;

use tidings::model::vector::{DIMENSIONS, Vector};
use tidings::stories::encoder::{Encoder, Precision, WEIGHTS};

struct Headline {
    language: String,
    pieces: Vec<u32>,
    text: String,
    vector: Vector,
}

fn headlines() -> Vec<Headline> {
    let vectors = include_bytes!("../assets/encoder/reference.bin").chunks_exact(DIMENSIONS);
    include_str!("../assets/encoder/reference.jsonl")
        .lines()
        .zip(vectors)
        .map(|(line, vector)| {
            let row: serde_json::Value = serde_json::from_str(line).unwrap();
            Headline {
                language: row["lang"].as_str().unwrap().to_owned(),
                pieces: serde_json::from_value(row["pieces"].clone()).unwrap(),
                text: row["text"].as_str().unwrap().to_owned(),
                vector: Vector::from_bytes(vector).unwrap(),
            }
        })
        .collect()
}

fn cosines_are_at_least(least: f32, precision: Precision) {
    let headlines = headlines();
    let encoder = Encoder::with_precision(WEIGHTS, precision).unwrap();
    let texts: Vec<&str> = headlines.iter().map(|headline| headline.text.as_str()).collect();
    let start = std::time::Instant::now();
    let vectors = encoder.encode(&texts);
    println!("{precision:?}: {} headlines in {:?}", texts.len(), start.elapsed());
    assert_eq!(vectors.len(), texts.len());
    let mut lowest: BTreeMap<&str, (f32, &str)> = BTreeMap::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (headline, vector) in headlines.iter().zip(&vectors) {
        let cosine = vector.cosine(&headline.vector);
        let lowest = lowest.entry(&headline.language).or_insert((cosine, &headline.text));
        if cosine < lowest.0 {
            *lowest = (cosine, &headline.text);
        }
        *counts.entry(&headline.language).or_default() += 1;
    }
    println!("{precision:?}: lowest cosine {lowest:?}");
    assert_eq!(counts, BTreeMap::from([("en", 500), ("ja", 500), ("ko", 500)]));
    for (cosine, text) in lowest.values() {
        assert!(*cosine >= least, "{cosine} for {text:?}");
    }
}

#[test]
fn floats_agree_with_the_published_code() {
    cosines_are_at_least(0.9995, Precision::Float);
}

#[test]
fn whole_numbers_agree_with_the_published_code() {
    cosines_are_at_least(0.995, Precision::Whole);
}

#[test]
fn pieces_are_those_of_the_published_code() {
    let encoder = Encoder::new(WEIGHTS).unwrap();
    for headline in headlines() {
        let pieces: Vec<u32> =
            encoder.pieces(&headline.text).iter().map(|piece| piece.id).collect();
        let expected: &[u32] = if headline.text.trim().is_empty() && pieces.is_empty() {
            &[]
        } else {
            &headline.pieces
        };
        assert_eq!(pieces, expected, "{:?}", headline.text);
    }
}
