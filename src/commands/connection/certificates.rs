//! Files with certificates and keys: what the CLI says of those it cannot use.
//!
//! Knows the frame of a PEM file and of the DER in it; whether a key belongs to its certificate, and what a certificate
//! says, is not looked at: no server here speaks TLS. The ways in are [`pair_problem`] and [`has_certificate`].
//! Source: RFC 7468, X.690; Go's crypto/tls, observed.

use crate::base64::BASE64;

/// A block of a PEM file.
struct Block {
    kind: String,
    der: Vec<u8>,
}

/// Why a certificate and its key cannot be used.
pub(super) fn pair_problem(certificate: &[u8], key: &[u8]) -> Option<String> {
    let (certificates, others) = apart(certificate, |kind| kind == "CERTIFICATE");
    if certificates.is_empty() {
        return Some(match others.as_slice() {
            [] => "tls: failed to find any PEM data in certificate input".to_owned(),
            [one] if one.ends_with("PRIVATE KEY") => {
                "tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched".to_owned()
            }
            kinds => format!(
                "tls: failed to find \"CERTIFICATE\" PEM block in certificate input after skipping PEM blocks of the following types: [{}]",
                kinds.join(" ")
            ),
        });
    }
    let (keys, others) = apart(key, |kind| kind == "PRIVATE KEY" || kind.ends_with(" PRIVATE KEY"));
    if keys.is_empty() {
        return Some(match others.as_slice() {
            [] => "tls: failed to find any PEM data in key input".to_owned(),
            [one] if one == "CERTIFICATE" => {
                "tls: found a certificate rather than a key in the PEM for the private key".to_owned()
            }
            kinds => format!(
                "tls: failed to find PEM block with type ending in \"PRIVATE KEY\" in key input after skipping PEM blocks of the following types: [{}]",
                kinds.join(" ")
            ),
        });
    }
    malformed(&certificates[0]).or_else(|| {
        sequence(&keys[0])
            .filter(|(_, rest)| rest.is_empty())
            .is_none()
            .then(|| "tls: failed to parse private key".into())
    })
}

/// Whether there is one at all.
pub(super) fn has_certificate(text: &[u8]) -> bool {
    apart(text, |kind| kind == "CERTIFICATE").0.iter().any(|der| malformed(der).is_none())
}

/// The contents of the wanted blocks, and what the others before the first of them are called.
fn apart(text: &[u8], is_wanted: impl Fn(&str) -> bool) -> (Vec<Vec<u8>>, Vec<String>) {
    let (mut wanted, mut others) = (Vec::new(), Vec::new());
    for Block { kind, der } in blocks(&String::from_utf8_lossy(text)) {
        if is_wanted(&kind) { wanted.push(der) } else { others.push(kind) }
    }
    (wanted, others)
}

fn blocks(text: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut lines = text.lines().map(str::trim_end);
    while let Some(line) = lines.next() {
        let Some(kind) = line.strip_prefix("-----BEGIN ").and_then(|rest| rest.strip_suffix("-----")) else { continue };
        let end = format!("-----END {kind}-----");
        let mut content = String::new();
        let is_ended = lines.by_ref().any(|line| {
            let is_end = line == end;
            if !is_end {
                content.push_str(line);
            }
            is_end
        });
        let der = BASE64.decode(content.as_bytes()).filter(|_| is_ended);
        found.extend(der.map(|der| Block { kind: kind.to_owned(), der }));
    }
    found
}

/// A certificate is a sequence that begins with another one.
fn malformed(der: &[u8]) -> Option<String> {
    let problem = match sequence(der) {
        Some((content, [])) if sequence(content).is_some() => return None,
        Some((_, [])) => "x509: malformed tbs certificate",
        Some(_) => "x509: trailing data",
        None => "x509: malformed certificate",
    };
    Some(problem.to_owned())
}

/// What is in a DER sequence, and what stands behind it.
fn sequence(der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&[0x30, first], rest) = der.split_first_chunk()? else { return None };
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81..=0x84 => {
            let (digits, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
            (digits.iter().fold(0, |length, &digit| length << 8 | usize::from(digit)), rest)
        }
        _ => return None,
    };
    rest.split_at_checked(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pem(kind: &str, der: &[u8]) -> Vec<u8> {
        format!("-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n", BASE64.encode(der)).into_bytes()
    }

    #[test]
    fn a_pair_is_told_by_its_frames() {
        let certificate = pem("CERTIFICATE", &[0x30, 5, 0x30, 3, 2, 1, 1]);
        let key = pem("EC PRIVATE KEY", &[0x30, 3, 2, 1, 1]);
        let both = [key.clone(), certificate.clone()].concat();
        for (certificate, key, expected) in [
            (&certificate, &key, ""),
            (&both, &both, ""),
            (&key, &key, "but did find a private key; PEM inputs may have been switched"),
            (&certificate, &certificate, "found a certificate rather than a key"),
            (&pem("X", &[]), &key, "following types: [X]"),
            (&pem("CERTIFICATE", &[0x30, 3, 2, 1, 1]), &key, "x509: malformed tbs certificate"),
            (&pem("CERTIFICATE", &[1]), &key, "x509: malformed certificate"),
            (&certificate, &pem("PRIVATE KEY", &[1]), "tls: failed to parse private key"),
        ] {
            let problem = pair_problem(certificate, key).unwrap_or_default();
            assert!(problem.contains(expected) && problem.is_empty() == expected.is_empty(), "{problem}");
        }
        assert!(
            has_certificate(&both) && !has_certificate(&key) && !has_certificate(b"-----BEGIN CERTIFICATE-----\nMA")
        );
    }
}
