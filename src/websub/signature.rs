//! Signatures of documents (WebSub §7): who knows the secret of a subscription made the body.

use ring::hmac;

/// The signature of a body, as the value of `X-Hub-Signature`.
pub fn sign(secret: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let tag = hmac::sign(&key, body);
    let hex: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256={hex}")
}

/// Whether a body was signed with the secret, by any of the four methods that the Recommendation names. Takes as long for a signature that is
/// nearly right as for any other.
pub fn is_signed(secret: &str, body: &[u8], signature: &str) -> bool {
    let Some((method, hex)) = signature.trim().split_once('=') else { return false };
    let algorithm = match method.to_ascii_lowercase().as_str() {
        "sha1" => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        "sha256" => hmac::HMAC_SHA256,
        "sha384" => hmac::HMAC_SHA384,
        "sha512" => hmac::HMAC_SHA512,
        _ => return false,
    };
    let Some(tag) = bytes(hex) else { return false };
    hmac::verify(&hmac::Key::new(algorithm, secret.as_bytes()), body, &tag).is_ok()
}

/// The bytes of a hexadecimal text no longer than the longest signature.
fn bytes(hex: &str) -> Option<Vec<u8>> {
    if hex.len() > 128 || !hex.len().is_multiple_of(2) || !hex.is_ascii() {
        return None;
    }
    let digit = |byte: u8| char::from(byte).to_digit(16);
    hex.as_bytes()
        .chunks_exact(2)
        .map(|pair| u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    // printf 'what is new' | openssl dgst -sha1 -hmac 'key', and so on.
    const BODY: &[u8] = b"what is new";
    const SIGNATURES: [&str; 4] = [
        "sha1=36c21a52b3310fa9ad7fdaac344f0483228ce00c",
        "sha256=128e82e4dbfc2513887e4f5921f3c2289040b7b9e6f52374c8726783ebb780bf",
        "sha384=ca2747f9b664961812daed7f4412a0d796a5406fb9315999b373a9b12d57a63b7227a799029ffc0a748f0b760337b215",
        "sha512=524471653b5c12f2615227389110f1bc13596ab120655e3994286c5b0574bee330499d23c29766b41bea6252d9273bebad944bef49279ac5beb31f82674a0dae",
    ];

    #[test]
    fn each_method_is_known() {
        for signature in SIGNATURES {
            assert!(is_signed("key", BODY, signature), "{signature}");
            assert!(is_signed("key", BODY, &signature.to_ascii_uppercase()), "{signature}");
            assert!(!is_signed("Key", BODY, signature), "{signature}");
            assert!(!is_signed("key", b"what is old", signature), "{signature}");
        }
        assert_eq!(sign("key", BODY), SIGNATURES[1]);
    }

    #[test]
    fn what_is_no_signature_signs_nothing() {
        let right = SIGNATURES[1];
        let other_method = right.replace("sha256", "sha384");
        let cut = &right[..right.len() - 2];
        let longer = format!("{right}00");
        let letters = format!("sha256={}", "\u{ff10}".repeat(64));
        for signature in [
            "",
            "=",
            "sha256",
            "sha256=",
            "md5=00",
            "sha256=0",
            "sha256=zz",
            cut,
            &longer,
            &other_method,
            &letters,
        ] {
            assert!(!is_signed("key", BODY, signature), "{signature}");
        }
    }
}
