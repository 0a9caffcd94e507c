use super::*;

/// Checks one row: a text, the source's zone (empty: unknown), and the instant in RFC 3339 or `none`.
#[track_caller]
fn check(text: &str, zone: &str, want: &str) {
    let got = read(text, zone);
    assert_eq!(got, want, "{text:?} in {zone:?}");
}

fn read(text: &str, zone: &str) -> String {
    let zone = (!zone.is_empty()).then(|| zone.parse().unwrap());
    parse(text, zone).map_or("none".to_owned(), Timestamp::to_rfc3339)
}

#[test]
fn the_shared_tables_hold() {
    let shared = std::env::var_os("TIDINGS_SHARED").map_or_else(
        || std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared"),
        std::path::PathBuf::from,
    );
    let mut wrong = Vec::new();
    for name in ["eval/dates/dates.tsv", "corpus/dates.tsv"] {
        let Ok(table) = std::fs::read_to_string(shared.join(name)) else {
            eprintln!("skipped: no {name} in {}", shared.display());
            continue;
        };
        for line in table.lines().filter(|line| !line.starts_with('#')) {
            let [text, zone, want, note] = line.split('\t').collect::<Vec<_>>()[..] else {
                panic!("{line:?}")
            };
            if text == "text" {
                continue;
            }
            // We count whole seconds.
            let want = match want.split_once('.') {
                Some((seconds, _)) => format!("{seconds}Z"),
                None => want.to_owned(),
            };
            let got = read(text, zone);
            if got != want {
                wrong.push(format!("{text:?} {zone:?}: {got}, not {want} ({note})"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn rfc_822_in_all_its_spellings() {
    for (text, want) in [
        ("Mon, 02 Jan 2006 15:04:05 -0700", "2006-01-02T22:04:05Z"),
        ("Mon, 2 Jan 2006 15:04:05 MST", "2006-01-02T22:04:05Z"),
        ("2 Jan 06 15:04 GMT", "2006-01-02T15:04:00Z"),
        ("Monday, 2. January 2006 - 15:04", "2006-01-02T15:04:00Z"),
        ("Updated January 2, 2006", "2006-01-02T00:00:00Z"),
        ("Mon, 2 Jan 2006 15 -0700", "2006-01-02T22:00:00Z"),
        ("Mon, 2 Jan 2006, 15:04:05 +0000", "2006-01-02T15:04:05Z"),
        ("Mon, 02 Jan 2006 15:04:05 (comment (nested (deep))) GMT", "2006-01-02T15:04:05Z"),
        ("Mon, 02 Jan 2006 15:04:05 +0100 (", "2006-01-02T14:04:05Z"),
        ("Wed, 19 Feb 2012 22:40:00 GMT-01:01", "2012-02-19T23:41:00Z"),
        ("Wed, 19 Aug 2009 18:28:00 Etc/GMT", "2009-08-19T18:28:00Z"),
        ("Wed, 19 Aug 2009 18:28:00 Etc/GMT-9", "2009-08-19T09:28:00Z"),
        ("Fri, 2006/09/15 08:19:53 EDT", "2006-09-15T12:19:53Z"),
        ("Thu, 30 Apr 2015 08:57:00 MET", "2015-04-30T07:57:00Z"),
        ("Thu, 30 Apr 2015 08:57:00 MEST", "2015-04-30T06:57:00Z"),
        ("Thu, 01 Jan 0100 00:00:01 +0100", "0099-12-31T23:00:01Z"),
        ("Mon, 26 January 2004 16:31:00 AT", "2004-01-26T20:31:00Z"),
        ("Mon, 26 January 2004 16:31:00 PT", "2004-01-27T00:31:00Z"),
        ("Thu Aug 30 2012 17:26:16 +0200", "2012-08-30T15:26:16Z"),
        ("Sun Jul 15 01:16:00 +0000 2012", "2012-07-15T01:16:00Z"),
        ("08:12:45 17-Nov-2025", "2025-11-17T08:12:45Z"),
        ("Mon, 17 Nov 2025 8 PM", "2025-11-17T20:00:00Z"),
        ("Mon, 17 Nov 2025 8:12 p.m. EST", "2025-11-18T01:12:00Z"),
        ("Nov. 17, 2025 at 8:12 a.m. UTC", "2025-11-17T08:12:00Z"),
        ("Mon, 17 Nov 2025 12:00 AM UTC", "2025-11-17T00:00:00Z"),
        ("17 Sept 2025 10:00 GMT", "2025-09-17T10:00:00Z"),
        ("Sat, 01 Jan 10000 00:00:00 GMT", "none"),
        ("Mon, 05 Jan 2026 25:61:61 GMT", "none"),
        ("Mon, 05 Jan 2026 10:00:00 +9999", "none"),
        ("Sun, 16 Dec 2012 1:2:3:4 GMT", "none"),
        ("17 Nov", "none"),
        ("Nov 17 08:12", "none"),
    ] {
        check(text, "", want);
    }
    let padded = format!("Mon, 05 Jan 2026 10:00:00 Z{}", " ".repeat(1_000_000));
    check(&padded, "", "2026-01-05T10:00:00Z");
}

#[test]
fn iso_8601_and_its_kin() {
    for (text, want) in [
        ("2003-12-31T10:14:55.1234Z", "2003-12-31T10:14:55Z"),
        ("2004-07-08 23:56:58 -00:20", "2004-07-09T00:16:58Z"),
        ("2003-12-31T18:14:55-08:00", "2004-01-01T02:14:55Z"),
        ("03-12-31", "2003-12-31T00:00:00Z"),
        ("031231", "2003-12-31T00:00:00Z"),
        ("20031231", "2003-12-31T00:00:00Z"),
        ("2003335", "2003-12-01T00:00:00Z"),
        ("03-335", "2003-12-01T00:00:00Z"),
        ("03335", "2003-12-01T00:00:00Z"),
        ("-03-12", "2003-12-01T00:00:00Z"),
        ("-0312", "2003-12-01T00:00:00Z"),
        ("2025W444", "2025-10-30T00:00:00Z"),
        ("2025-W01", "2024-12-30T00:00:00Z"),
        ("2025-W44-4T15:05Z", "2025-10-30T15:05:00Z"),
        ("2025-W54-1", "none"),
        ("2025-366", "none"),
        ("2024-366", "2024-12-31T00:00:00Z"),
        ("2025-10-30T15", "2025-10-30T15:00:00Z"),
        ("2025-10-30T1505Z", "2025-10-30T15:05:00Z"),
        ("2025-10-30+09:00", "2025-10-29T15:00:00Z"),
        ("2025-10-30T15:05:00,5Z", "2025-10-30T15:05:00Z"),
        ("2025-10-30T15:05:00 Z", "2025-10-30T15:05:00Z"),
        ("2025-10-30T15:05:00.000 +0900", "2025-10-30T06:05:00Z"),
        ("2025-10-30 15:05:00.123456 +0000 UTC m=+0.000000001", "2025-10-30T15:05:00Z"),
        ("2025-10-30T15:05:00[Asia/Seoul]", "2025-10-30T06:05:00Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
        ("2025-10-30T24:00:01Z", "none"),
        ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
        ("9999-12-31T23:59:59-01:00", "none"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
        ("0001-01-01T00:00:00+09:00", "none"),
        ("1900-02-29T00:00:00Z", "none"),
        ("2026-13-45T99:99:99Z", "none"),
        ("+012026-01-05T00:00:00Z", "none"),
        ("-0044-03-15T00:00:00Z", "none"),
        ("2025-00-10", "none"),
        ("2025-10-00", "none"),
    ] {
        check(text, "", want);
    }
}

#[test]
fn seconds_since_the_epoch() {
    for (text, want) in [
        ("1761804300", "2025-10-30T06:05:00Z"),
        ("1761804300.5", "2025-10-30T06:05:00Z"),
        ("1761804300999", "2025-10-30T06:05:00Z"),
        ("999999999", "2001-09-09T01:46:39Z"),
        ("/Date(1761804300000+0900)/", "2025-10-30T06:05:00Z"),
        ("9223372036854775807", "none"),
        ("-9223372036854775808", "none"),
        ("99999999999999999999999999", "none"),
        ("NaN", "none"),
        ("0", "none"),
        ("12", "none"),
    ] {
        check(text, "", want);
    }
}

#[test]
fn east_asian_prose() {
    for (text, zone, want) in [
        ("2004년 05월 28일  01:31:15", "", "2004-05-27T16:31:15Z"),
        ("2004-05-25 오후 11:23:17", "", "2004-05-25T14:23:17Z"),
        ("2004-05-25 오전 8:02", "", "2004-05-24T23:02:00Z"),
        ("25년 11월 17일 8시", "Asia/Seoul", "2025-11-16T23:00:00Z"),
        (
            "기사입력 2025.11.17. 오후 8:12 최종수정 2025.11.17. 오후 9:15",
            "Asia/Seoul",
            "2025-11-17T11:12:00Z",
        ),
        ("[2025-11-17 20:12]", "Asia/Seoul", "2025-11-17T11:12:00Z"),
        ("2025년 11월 17일 정오", "Asia/Seoul", "2025-11-17T03:00:00Z"),
        ("2025년 11월 17일 밤 9시 30분", "Asia/Seoul", "2025-11-17T12:30:00Z"),
        ("2025年10月30日 午前0時5分", "", "2025-10-29T15:05:00Z"),
        ("2025年10月30日 下午3:05", "Asia/Shanghai", "2025-10-30T07:05:00Z"),
        ("2025年10月30日 下午3点05分", "Asia/Shanghai", "2025-10-30T07:05:00Z"),
        ("2025年10月30日 15:05 星期四", "Asia/Taipei", "2025-10-30T07:05:00Z"),
        ("民國114年10月30日", "Asia/Taipei", "2025-10-29T16:00:00Z"),
        ("平成31年4月30日", "Asia/Tokyo", "2019-04-29T15:00:00Z"),
        ("昭和64年1月7日", "Asia/Tokyo", "1989-01-06T15:00:00Z"),
        ("令和 7年 10月 30日（木曜日）午後 3時", "Asia/Tokyo", "2025-10-30T06:00:00Z"),
        ("H31.4.30", "Asia/Tokyo", "2019-04-29T15:00:00Z"),
        ("２０２５／１０／３０　１５：０５", "Asia/Tokyo", "2025-10-30T06:05:00Z"),
        ("2025年10月30日(木) 24時00分", "Asia/Tokyo", "2025-10-30T15:00:00Z"),
        ("2025年10月30日 30時00分", "Asia/Tokyo", "none"),
        ("2025年13月1日", "Asia/Tokyo", "none"),
        ("2025年2月30日", "Asia/Tokyo", "none"),
        ("10月30日", "Asia/Tokyo", "none"),
        ("3일 전", "Asia/Seoul", "none"),
        ("1시간 전", "Asia/Seoul", "none"),
        ("방금 전", "Asia/Seoul", "none"),
    ] {
        check(text, zone, want);
    }
}

#[test]
fn numbers_in_the_order_of_the_place() {
    for (text, zone, want) in [
        ("10/30/2025", "", "2025-10-30T00:00:00Z"),
        ("05/06/2025", "", "2025-05-06T00:00:00Z"),
        ("05/06/2025", "America/New_York", "2025-05-06T04:00:00Z"),
        ("05/06/2025", "Europe/London", "2025-06-04T23:00:00Z"),
        ("05.06.2025", "", "2025-06-05T00:00:00Z"),
        ("05-06-2025", "", "2025-06-05T00:00:00Z"),
        ("11-17-2025", "", "2025-11-17T00:00:00Z"),
        ("17.11.25 20:12", "Europe/Berlin", "2025-11-17T19:12:00Z"),
        ("25.11.17 20:12", "Asia/Seoul", "2025-11-17T11:12:00Z"),
        ("11/17/25", "", "2025-11-17T00:00:00Z"),
        ("98/11/17", "", "1998-11-17T00:00:00Z"),
        ("17.11.2025 20.12", "Europe/Berlin", "2025-11-17T19:12:00Z"),
        ("17/11/2025 20h12", "Europe/Paris", "2025-11-17T19:12:00Z"),
        ("17.11.2025 20 Uhr 12", "Europe/Berlin", "2025-11-17T19:12:00Z"),
        ("2025/10/30", "", "2025-10-30T00:00:00Z"),
        ("13/13/2025", "", "none"),
        ("192.168.1.1", "", "none"),
        ("1.2.3", "", "2003-02-01T00:00:00Z"),
    ] {
        check(text, zone, want);
    }
}

#[test]
fn months_in_many_languages() {
    for (text, want) in [
        ("5 января 2026", "2026-01-05T00:00:00Z"),
        ("٥ يناير ٢٠٢٦", "2026-01-05T00:00:00Z"),
        ("١٧ نوفمبر ٢٠٢٥", "2025-11-17T00:00:00Z"),
        ("Κυρ, 11 Ιούλ 2004 12:00:00 EST", "2004-07-11T17:00:00Z"),
        ("Δευ, 17 Νοέ 2025 12:00:00 +0200", "2025-11-17T10:00:00Z"),
        ("2004-július-13T9:15-05:00", "2004-07-13T14:15:00Z"),
        ("2025. november 17. 8:12", "2025-11-17T08:12:00Z"),
        ("mar., 18 nov. 2025 20:12:45 +0100", "2025-11-18T19:12:45Z"),
        ("mar., 18 mars 2025 20:12:45 +0100", "2025-03-18T19:12:45Z"),
        ("17 août 2025", "2025-08-17T00:00:00Z"),
        ("1er juillet 2025", "2025-07-01T00:00:00Z"),
        ("17. März 2025", "2025-03-17T00:00:00Z"),
        ("17 de diciembre de 2025", "2025-12-17T00:00:00Z"),
        ("mié, 17 sept 2025 10:00:00 +0200", "2025-09-17T08:00:00Z"),
        ("seg, 17 fev 2025 10:00:00 -0300", "2025-02-17T13:00:00Z"),
        ("lunedì 17 giugno 2025", "2025-06-17T00:00:00Z"),
        ("17 października 2025", "2025-10-17T00:00:00Z"),
        ("17 Ağustos 2025 Pazar", "2025-08-17T00:00:00Z"),
        ("17. července 2025", "2025-07-17T00:00:00Z"),
        ("17 листопада 2025", "2025-11-17T00:00:00Z"),
        ("maandag 17 maart 2025", "2025-03-17T00:00:00Z"),
        ("ma 17. marraskuuta 2025", "2025-11-17T00:00:00Z"),
    ] {
        check(text, "", want);
    }
}

#[test]
fn a_name_means_what_the_source_means() {
    for (text, zone, want) in [
        ("Mon, 7 Jul 2025 21:00:00 IST", "", "2025-07-07T15:30:00Z"),
        ("Mon, 7 Jul 2025 21:00:00 IST", "Europe/Dublin", "2025-07-07T20:00:00Z"),
        ("Tue, 02 Dec 2025 21:00:00 IST", "Asia/Jerusalem", "2025-12-02T19:00:00Z"),
        ("Tue, 02 Dec 2025 21:00:00 PST", "Asia/Manila", "2025-12-02T13:00:00Z"),
        ("Tue, 02 Dec 2025 21:00:00 EDT", "America/New_York", "2025-12-03T01:00:00Z"),
        ("Tue, 02 Dec 2025 21:00:00 asia/seoul", "", "2025-12-02T12:00:00Z"),
        ("Sun, 30 Mar 2025 02:30:00", "Europe/Berlin", "2025-03-30T01:30:00Z"),
        ("Sun, 26 Oct 2025 02:30:00", "Europe/Berlin", "2025-10-26T00:30:00Z"),
        ("2011-12-30 12:00", "Pacific/Apia", "2011-12-30T22:00:00Z"),
        ("2026-03-08T02:30:00", "America/New_York", "2026-03-08T07:30:00Z"),
    ] {
        check(text, zone, want);
    }
}

#[test]
fn what_is_no_date() {
    let nested = "(".repeat(1_000_000);
    for text in [
        "",
        "   ",
        "()",
        "(((",
        "[",
        "12:30",
        "yesterday",
        "'; DROP TABLE items;--",
        "0.0",
        "1,2,3,4,5,6,7",
        "::",
        "2025-",
        "T",
        "May",
        "Room 2025, floor 3",
        "+",
        "-",
        "AM PM",
        "元年",
        "令和",
        "년월일",
        &nested,
    ] {
        check(text, "", "none");
    }
}

proptest::proptest! {
    #[test]
    fn no_text_is_too_odd(text in "\\PC{0,80}") {
        let _ = parse(&text, None);
        let _ = parse(&text, Some(Tz::America__New_York));
    }

    #[test]
    fn no_heap_of_pieces_is_too_odd(
        pieces in proptest::collection::vec(
            proptest::sample::select(vec![
                "2025", "11", "7", "31", "99999999999999999999", "-", "/", ".", ":", "+", "0900", "T", "W", "Z", " ", "Nov", "mar", "PM", "오후",
                "년", "月", "令和", "元", "時", "(", ")", "[", "UTC", "Asia/Seoul", "R", "24", "60", "CST", "\u{301}", "h", "20251117",
            ]),
            0..24,
        ),
    ) {
        let text = pieces.concat();
        for zone in [None, Some(Tz::Asia__Seoul), Some(Tz::Pacific__Apia)] {
            if let Some(at) = parse(&text, zone) {
                assert!((Timestamp::MIN..=Timestamp::MAX).contains(&at));
            }
        }
    }

    #[test]
    fn what_we_write_reads_back(seconds in Timestamp::MIN.unix()..=Timestamp::MAX.unix()) {
        let at = Timestamp::from_unix(seconds);
        for text in [at.to_rfc3339(), at.to_http_date(), at.to_rfc822()] {
            assert_eq!(parse(&text, Some(Tz::Asia__Seoul)), Some(at), "{text}");
        }
    }

    #[test]
    fn local_times_agree_with_the_calendar(seconds in -2_000_000_000_i64..4_000_000_000) {
        let at = Timestamp::from_unix(seconds);
        for zone in [Tz::Asia__Seoul, Tz::America__New_York, Tz::Australia__Lord_Howe] {
            let local = at.to_utc().with_timezone(&zone);
            let read = parse(&local.format("%d %B %Y %H:%M:%S").to_string(), Some(zone)).unwrap();
            // Where a clock shows a time twice, the first one counts.
            let again = read.to_utc().with_timezone(&zone);
            assert_eq!(again.naive_local(), local.naive_local());
            assert!(read <= at);
        }
    }
}
