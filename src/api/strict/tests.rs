use super::*;
use crate::api::stream::{CreateStreamRequest, Discard};
use crate::api::{AckPolicy, CreateConsumerRequest};
use proptest::prelude::*;

fn complaint(body: &str) -> String {
    let error = decode::<CreateStreamRequest>(body.as_bytes()).unwrap_err();
    assert_eq!((error.code, error.err_code), (400, 10025));
    error.description.strip_prefix("invalid JSON: ").unwrap().to_owned()
}

#[test]
fn members_match_in_any_case_and_the_last_one_wins() {
    let body = br#"{"NAME":"A","name":"B","Max_Msgs":7,"discard":"NEW","max_bytes":null} {"max_bytes":9}"#;
    let request: CreateStreamRequest = decode(body).unwrap();
    assert_eq!((request.config.name.as_str(), request.config.max_msgs, request.config.max_bytes), ("B", 7, 9));
    assert_eq!(request.config.discard, Discard::New);
    assert!(!request.pedantic);
}

#[test]
fn no_body_gives_the_defaults() {
    assert_eq!(decode::<CreateStreamRequest>(b"").unwrap(), CreateStreamRequest::default());
    assert_eq!(decode::<CreateStreamRequest>(b" null ").unwrap(), CreateStreamRequest::default());
    assert_eq!(decode_object::<CreateStreamRequest>(b"x").unwrap(), CreateStreamRequest::default());
    assert!(is_empty_request(b" { } ") && is_empty_request(b"") && !is_empty_request(b" "));
}

#[test]
fn complaints_are_those_of_go() {
    for (body, text) in [
        (r#"{"foo":1}"#, r#"json: unknown field "foo""#),
        (r#"{"mirror":{"foo":1}}"#, r#"json: unknown field "foo""#),
        (
            r#"{"max_msgs":"5"}"#,
            "json: cannot unmarshal string into Go struct field StreamConfigRequest.max_msgs of type int64",
        ),
        (
            r#"{"max_msgs":5.5}"#,
            "json: cannot unmarshal number 5.5 into Go struct field StreamConfigRequest.max_msgs of type int64",
        ),
        (
            r#"{"max_msg_size":3000000000}"#,
            "json: cannot unmarshal number 3000000000 into Go struct field StreamConfigRequest.max_msg_size of type int32",
        ),
        (r#"{"subjects":[1]}"#, "json: cannot unmarshal number into StreamConfigRequest.subjects.0 of type string"),
        (
            r#"{"subjects":"x"}"#,
            "json: cannot unmarshal string into Go struct field StreamConfigRequest.subjects of type []string",
        ),
        (
            r#"{"mirror":5}"#,
            "json: cannot unmarshal number into Go struct field StreamConfigRequest.mirror of type server.StreamSource",
        ),
        (
            r#"{"metadata":{"a":5}}"#,
            "json: cannot unmarshal number into Go struct field StreamConfigRequest.metadata.a of type string",
        ),
        (r#"{"retention":"foo"}"#, r#"can not unmarshal "\"foo\"""#),
        (r#"{"retention":null}"#, r#"can not unmarshal "null""#),
        (r#"{"compression":"foo"}"#, "unknown compression algorithm"),
        (r#"{"name":"A""#, "unexpected EOF"),
        ("x", "invalid character 'x' looking for beginning of value at offset 1"),
        ("[1]", "json: cannot unmarshal array into Go value of type server.StreamConfigRequest"),
        (r#"{"name":"A",}"#, "invalid character '}' looking for beginning of object key string at offset 13"),
        (r#"{"name" "A"}"#, r#"invalid character '"' after object key at offset 9"#),
        (r#"{"name":"A\q"}"#, r"invalid escape sequence `\q` in string at offset 12"),
        (r#"{"name":tru}"#, "invalid character '}' in literal true (expecting 'e') at offset 12"),
        (r#"{"name":01}"#, "invalid character '1' after object key:value pair at offset 10"),
        (r#"{"name":-}"#, "invalid character '}' in numeric literal at offset 10"),
    ] {
        assert_eq!(complaint(body), text, "{body}");
    }
}

#[test]
fn consumers_are_read_the_same_way() {
    let body = br#"{"stream_name":"S","config":{"ack_policy":"explicit","backoff":[1,2]},"action":"create"}"#;
    let request: CreateConsumerRequest = decode(body).unwrap();
    assert_eq!(request.config.ack_policy, AckPolicy::Explicit);
    let error = decode::<CreateConsumerRequest>(br#"{"action":"foo"}"#).unwrap_err();
    assert_eq!(error.description, r#"invalid JSON: unknown consumer action: "foo""#);
}

#[test]
fn escapes_are_read() {
    let request: CreateStreamRequest = decode(br#"{"description":"a\u00e9\ud83d\ude00\n\ud800x"}"#).unwrap();
    assert_eq!(request.config.description, "a\u{e9}\u{1f600}\n\u{fffd}x");
}

proptest! {
    #[test]
    fn noise_never_panics(body in prop::collection::vec(prop::sample::select(b"{}[]\",:\\u0123aetrufalsn .-+E\"name\"".to_vec()), 0..60)) {
        let _ = decode::<CreateStreamRequest>(&body);
    }
}

#[test]
fn files_are_read_as_the_command_line_does() {
    use crate::api::{ConsumerConfig, StreamConfig};
    let read = |text: &str| super::decode_file::<StreamConfig>(text.as_bytes());
    let config = read(r#"{"name":"A","unknown":{}}"#).unwrap();
    assert_eq!((config.name.as_str(), config.max_msgs, config.max_bytes), ("A", 0, 0));
    assert_eq!(read(r#"{"config":{"name":"B"},"state":5}"#).unwrap().name, "B");
    for (text, problem) in [
        ("", "unexpected end of JSON input"),
        ("{", "unexpected end of JSON input"),
        ("{}x", "invalid character 'x' after top-level value"),
        ("[]", "json: cannot unmarshal array into Go value of type map[string]interface {}"),
        (r#"{"name":5}"#, "json: cannot unmarshal number into Go struct field StreamConfig.name of type string"),
        (r#"{"subjects":[5]}"#, "json: cannot unmarshal number into StreamConfig.subjects.0 of type string"),
        (
            r#"{"max_msgs":1.0}"#,
            "json: cannot unmarshal number 1.0 into Go struct field StreamConfig.max_msgs of type int64",
        ),
        (
            r#"{"placement":"x"}"#,
            "json: cannot unmarshal string into Go struct field StreamConfig.placement of type api.Placement",
        ),
        (r#"{"retention":"x"}"#, r#"can not unmarshal "\"x\"""#),
        (r#"{"compression":5}"#, r#"can not unmarshal "5""#),
    ] {
        assert_eq!(read(text).map(|_| ()), Err(problem.to_owned()), "{text}");
    }
    let consumer = super::decode_file::<ConsumerConfig>(br#"{"priority_policy":"x"}"#);
    assert_eq!(consumer.map(|_| ()), Err(r#"cannot unmarshal "x""#.to_owned()));
}
