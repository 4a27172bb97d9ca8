//! Answers that were not made here: of the standard's own test vectors, and of another implementation of RSA.
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ciborium::{Value, cbor};
use passkey::{Assertion, Known, Party, Registration, Wrong, assert, challenge_of, register};
use ring::digest::{SHA256, digest};

fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.chars().map(|digit| digit.to_digit(16).expect("a digit") as u8).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// W3C WebAuthn Level 3, section 16: `packed-self-es256`.
const SELF_CLIENT_DATA: &str = "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a2265476e4374334c5574\
    5936366b336a506a796e6962506b31716e666644616966715a774c33417032392d55222c226f726967696e223a226874\
    7470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c226578747261446174\
    61223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e\
    616c206669656c647320696e20746865206675747572652c207375636820617320746869733a205539685458764b4532\
    55526b4d6e625f3078594856673d3d227d";
const SELF_ATTESTATION: &str = "a363666d74667061636b65646761747453746d74a263616c67266373696758483046022100ae045923ded832b844cae4\
    d5fc864277c0dc114ad713e271af0f0d371bd3ac540221009077a088ed51a673951ad3ba2673d5029bab65b64f4ea67b\
    234321f86fcfac5d68617574684461746158a4bfabc37432958b063360d3ad6461c9c4735ae7f8edd46592a5e0f01452\
    b2e4b55d00000000df850e09db6afbdfab51697791506cfc0020455ef34e2043a87db3d4afeb39bbcb6cc32df9347c78\
    9a865ecdca129cbef58ca5010203262001215820eb151c8176b225cc651559fecf07af450fd85802046656b34c18f6cf\
    193843c5225820927b8aa427a2be1b8834d233a2d34f61f13bfd44119c325d5896e183fee484f2";
/// The same: `none-es256`, whose authenticator did not verify the person.
const NONE_CLIENT_DATA: &str = "7b2274797065223a22776562617574686e2e637265617465222c226368616c6c656e6765223a22414d4d507434557878\
    475453746e63647134313759447742466938767049612d7077386f4f755657345441222c226f726967696e223a226874\
    7470733a2f2f6578616d706c652e6f7267222c2263726f73734f726967696e223a66616c73652c226578747261446174\
    61223a22636c69656e74446174614a534f4e206d617920626520657874656e6465642077697468206164646974696f6e\
    616c206669656c647320696e20746865206675747572652c207375636820617320746869733a20426b5165446a646354\
    427258426941774a544c4535513d3d227d";
const NONE_ATTESTATION: &str = "a363666d74646e6f6e656761747453746d74a068617574684461746158a4bfabc37432958b063360d3ad6461c9c4735a\
    e7f8edd46592a5e0f01452b2e4b559000000008446ccb9ab1db374750b2367ff6f3a1f0020f91f391db4c9b2fde0ea70\
    189cba3fb63f579ba6122b33ad94ff3ec330084be4a5010203262001215820afefa16f97ca9b2d23eb86ccb64098d20d\
    b90856062eb249c33a9b672f26df61225820930a56b87a2fca66334b03458abf879717c12cc68ed73290af2e2664796b\
    9220";

fn registration(client_data: &str, attestation: &str) -> Result<String, Wrong> {
    let answer = Registration { client_data: b64(bytes(client_data)), attestation: b64(bytes(attestation)) };
    let party = Party::of("https://example.org").expect("a safe name");
    let challenge = challenge_of(&answer.client_data)?;
    Ok(b64(register(&party, &challenge, &answer)?.credential_id))
}

#[test]
fn the_vectors_of_the_standard() {
    let kept = b64(bytes("455ef34e2043a87db3d4afeb39bbcb6cc32df9347c789a865ecdca129cbef58c"));
    assert_eq!(registration(SELF_CLIENT_DATA, SELF_ATTESTATION), Ok(kept));
    assert_eq!(registration(NONE_CLIENT_DATA, NONE_ATTESTATION), Err(Wrong::NotVerified));
}

/// Made with OpenSSL: the kind of key that Windows Hello keeps in a TPM.
const RSA_N: &str = "upPcG8LpNBiXuqzTHRb19BiT17ZqpBe7FdKkz28wv9O4V_98DlWr2KKpva3LUal00RkTuY3i2rMeZOgdEyfIqii3eTdZKvhu\
    S33JRwwSKt57MH2XZRx92YaPIjKYqHy6DcV33_n7-Ffwpd3_GQ1wP2HC6KtOKKw0qj_hlCoHhLpBWt82YT1T-IitedwDf_CY\
    KIY4iFJZnd4JJuEndBgr9DBKDjIlbyuBdlkmAZTdGXLYCcQUspM_uAT-KSnbnD7PXsD7_kPrV1nY_qUI8I-1W3JoYKKco25D\
    -903O3fxflcubQeyXc8WGDdWRbgZ0M3Qx1acMRjyhZ_2JeMmdcVTMw";
const RSA_SIGNATURE: &str = "MyKN91w7-f_wzQIAH8lZxoQqWEnIC10OEvCLCkwhv1ii3VcpyZ2ff-LPv9lpW37h9XOx1gfqDhrNlZC2cvMIKhk2YOT_obYR\
    Nv_oBtdDt03a4Wr2RfqOwNvFZILXwjNt8Fg-SK-CRHLxUVMipCS0JxsFZ2WAlWB-cpaNf89tdKbC-vy2ZXU41zMqTEG_mpZF\
    FqOLBoAOxBxcmeadadkW3yP6XJ20Fnlv6rtbiBf3Mmr9BQJARzSz3WVC5KD_nKNsXDrun5WlvnDuGBiKupF6z9RuMBKjQ7o2\
    5CNL0Y3CImdkOSTsyMBlfg47Xpjo6A4tq57FXKS5PczR5S-Hy1en7g";

#[test]
fn an_rsa_key_counts_as_well() {
    const CHALLENGE: &[u8] = b"0123456789abcdef0123456789abcdef";
    let party = Party::of("https://desk.city.example.jp").expect("a safe name");
    let client_data = format!(
        "{{\"type\":\"webauthn.get\",\"challenge\":\"{}\",\"origin\":\"{}\",\"crossOrigin\":false}}",
        b64(CHALLENGE),
        party.origin
    );
    let data = [digest(&SHA256, party.rp_id.as_bytes()).as_ref(), &[5, 0, 0, 0, 1]].concat();
    let key = |n: &str| {
        let n = Value::Bytes(URL_SAFE_NO_PAD.decode(n).expect("base64url"));
        let value = cbor!({1 => 3, 3 => -257, -1 => n, -2 => Value::Bytes(vec![1, 0, 1])});
        let mut public_key = Vec::new();
        ciborium::into_writer(&value.expect("CBOR"), &mut public_key).expect("writes");
        Known { credential_id: b"id".to_vec(), public_key, counter: 0, user_handle: Vec::new() }
    };
    let answer = Assertion {
        credential: b64("id"),
        client_data: b64(client_data),
        authenticator_data: b64(data),
        signature: RSA_SIGNATURE.to_owned(),
        user_handle: String::new(),
    };
    let verdict = |n: &str| assert(&party, CHALLENGE, &key(n), &answer).map(|asserted| asserted.counter);
    assert_eq!(verdict(RSA_N), Ok(1));
    // Another key, and one that is too short to be trusted.
    assert_eq!(verdict(&RSA_N.replacen('A', "B", 1)), Err(Wrong::Signature));
    assert_eq!(verdict(&RSA_N[..172]), Err(Wrong::Signature));
}
