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

#[test]
fn pieces_put_together_are_the_text() {
    let encoder = Encoder::new(WEIGHTS).unwrap();
    let check = |text: &str, expected: &[&str]| {
        let pieces = encoder.pieces(text);
        let texts: Vec<&str> = pieces.iter().map(|piece| &*piece.text).collect();
        assert_eq!(texts, expected, "{text:?}");
        assert!(pieces.iter().all(|piece| piece.score < 0.0), "{pieces:?}");
    };
    check("", &[]);
    check(" \u{3000}\n", &[]);
    check("ＮＨＫ　ニュース", &["▁NHK", "▁", "ニュース"]);
    check("Two  words", &["▁Two", "▁words"]);
    let score = |text: &str| encoder.pieces(text).iter().map(|piece| piece.score).sum::<f32>();
    assert!(score("the") > score("summit"), "the more usual is the more probable");
    assert!(score("summit") > score("\u{10330}"), "nothing is less probable than what is unknown");
}

#[test]
fn a_text_has_the_same_vector_alone_and_among_others() {
    for precision in [Precision::Whole, Precision::Float] {
        let encoder = Encoder::with_precision(WEIGHTS, precision).unwrap();
        let headlines = headlines();
        // Enough for several batches, lengths mixed.
        let texts: Vec<&str> =
            headlines.iter().step_by(9).map(|headline| headline.text.as_str()).collect();
        let together = encoder.encode(&texts);
        let reversed: Vec<&str> = texts.iter().rev().copied().collect();
        assert!(
            encoder.encode(&reversed).iter().rev().eq(&together),
            "{precision:?}: the order matters"
        );
        for (text, vector) in texts.iter().zip(&together).step_by(7) {
            assert_eq!(
                encoder.encode(&[text]),
                std::slice::from_ref(vector),
                "{precision:?}: {text:?}"
            );
        }
        assert_eq!(encoder.encode(&[]), []);
    }
}

#[test]
fn threads_share_an_encoder() {
    let encoder = Encoder::new(WEIGHTS).unwrap();
    let texts = ["Leaders meet in Seoul", "서울서 정상회담", "ソウルで首脳会談"];
    let expected = encoder.encode(&texts);
    std::thread::scope(|scope| {
        let all: Vec<_> = (0..4).map(|_| scope.spawn(|| encoder.encode(&texts))).collect();
        for vectors in all {
            assert_eq!(vectors.join().unwrap(), expected);
        }
    });
    assert!(expected[0].cosine(&expected[1]) > 0.6, "one meaning in two languages");
}

#[test]
fn hostile_texts_cost_no_more_than_long_ones() {
    let encoder = Encoder::new(WEIGHTS).unwrap();
    let zalgo = format!("a{}", "\u{301}\u{489}".repeat(50_000));
    let expanding = "\u{fdfa}".repeat(100_000);
    let unknown = "\u{10330}".repeat(100_000);
    let spaces = format!("a{}b", " ".repeat(1 << 20));
    let long = "war and peace ".repeat(100_000);
    let odd = "\0\u{1}\u{7f}\u{feff}\u{200b}\u{202e}\u{2581}\u{fffd}\u{e000}\u{10ffff}<s></s><unk>";
    let texts = [&zalgo, &expanding, &unknown, &spaces, &long, odd];
    for (text, vector) in texts.iter().zip(encoder.encode(&texts)) {
        let start: String = text.chars().take(20).collect();
        assert!((vector.cosine(&vector) - 1.0).abs() < 1e-3, "{start:?} has no direction");
        assert!(encoder.pieces(text).len() <= 12_288, "{start:?}");
    }
    // What counts is the beginning.
    let cut = &long[..2_048];
    assert_eq!(encoder.encode(&[&long]), encoder.encode(&[cut]));
}

/// Weights with some bytes changed; never given back, as an encoder wants them.
fn damaged(change: impl FnOnce(&mut Vec<u8>)) -> &'static [u8] {
    let mut bytes = WEIGHTS.to_vec();
    change(&mut bytes);
    bytes.leak()
}

#[test]
fn damaged_weights_are_refused_or_harmless() {
    let error = |weights| Encoder::new(weights).err().map(|error| error.to_string());
    assert_eq!(error(b"").as_deref(), Some("these bytes are no weights of the sentence encoder"));
    assert_eq!(
        error(&WEIGHTS[..100]).as_deref(),
        Some("these bytes are no weights of the sentence encoder")
    );
    assert_eq!(
        error(&WEIGHTS[..1 << 20]).as_deref(),
        Some("the weights of the sentence encoder are damaged: `scores`")
    );
    let renamed = damaged(|bytes| bytes[16] = b'x');
    assert_eq!(
        error(renamed).as_deref(),
        Some("the weights of the sentence encoder are damaged: `normtrie`")
    );
    // Past the head nothing is checked, because that would read it all; numbers are wrong then, and no place is left.
    let noise = damaged(|bytes| {
        let mut state = 1_u32;
        for byte in bytes.iter_mut().skip(4_096) {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            *byte = state.to_le_bytes()[3];
        }
    });
    let ones = damaged(|bytes| bytes[4_096..].fill(255));
    let zeros = damaged(|bytes| bytes[4_096..].fill(0));
    for weights in [noise, ones, zeros] {
        let encoder = Encoder::new(weights).unwrap();
        for text in ["", "Leaders meet in Seoul", "서울서 정상회담", "ソウルで首脳会談"]
        {
            encoder.pieces(text);
            assert_eq!(encoder.encode(&[text]).len(), 1);
        }
    }
}
