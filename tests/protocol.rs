//! Bytes and operations: known bytes, every split point, and noise.

use bytes::Bytes;
use jetlab::engine::{ConnId, Engine, Input, Options, Output};
use jetlab::protocol::{
    ClientDecoder, ClientOp, DecodeError, Headers, Info, MAX_PAYLOAD, Message, ServerDecoder, ServerOp, Sid,
};
use jetlab::time::Timestamp;
use proptest::prelude::*;

/// Everything a decoder reads from these pieces, and the error it ends with, if any.
fn client_ops<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<ClientOp>, Option<DecodeError>) {
    let mut decoder = ClientDecoder::new(MAX_PAYLOAD);
    let mut ops = Vec::new();
    for piece in pieces {
        decoder.push(piece);
        loop {
            match decoder.decode() {
                Ok(Some(op)) => ops.push(op),
                Ok(None) => break,
                Err(error) => return (ops, Some(error)),
            }
        }
    }
    (ops, None)
}

fn server_ops<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> (Vec<ServerOp>, Option<DecodeError>) {
    let mut decoder = ServerDecoder::new();
    let mut ops = Vec::new();
    for piece in pieces {
        decoder.push(piece);
        loop {
            match decoder.decode() {
                Ok(Some(op)) => ops.push(op),
                Ok(None) => break,
                Err(error) => return (ops, Some(error)),
            }
        }
    }
    (ops, None)
}

const CLIENT_BYTES: &[u8] = b"CONNECT {\"verbose\":false}\r\nPING\r\nSUB a.* workers 12\r\nsub\tb  x1 \nUNSUB 12 5\r\nUNSUB x1\r\n\
    PUB a.b 5\r\nhe\r\nl\r\nPUB a.b reply.to 0\r\n\r\nHPUB a.b re 18 20\r\nNATS/1.0\r\nA: 1\r\n\r\nhi\r\nPONG\r\n+OK\r\n";

fn client_bytes_read() -> Vec<ClientOp> {
    let headers = Headers::new().and("A", "1");
    vec![
        ClientOp::Connect(Bytes::from_static(b"{\"verbose\":false}")),
        ClientOp::Ping,
        ClientOp::Sub { subject: "a.*".into(), queue: Some("workers".into()), sid: Sid::from(12) },
        ClientOp::Sub { subject: "b".into(), queue: None, sid: Sid::from("x1") },
        ClientOp::Unsub { sid: Sid::from(12), max: Some(5) },
        ClientOp::Unsub { sid: Sid::from("x1"), max: None },
        ClientOp::Pub(Message::new("a.b", &b"he\r\nl"[..])),
        ClientOp::Pub(Message::new("a.b", &b""[..]).with_reply("reply.to")),
        ClientOp::Pub(Message::new("a.b", &b"hi"[..]).with_reply("re").with_headers(headers)),
        ClientOp::Pong,
    ]
}

const SERVER_BYTES: &[u8] = b"INFO {\"server_id\":\"N1\",\"max_payload\":7} \r\n+OK\r\nPING\r\nPONG\r\n\
    -ERR 'Unknown Protocol Operation'\r\nMSG a.b 1 2\r\nhi\r\nMSG a.b 1  reply   0\r\n\r\n\
    HMSG in 9 16 16\r\nNATS/1.0 503\r\n\r\n\r\n";

fn server_bytes_read() -> Vec<ServerOp> {
    let info = Info { server_id: "N1".to_owned(), max_payload: 7, ..Info::default() };
    let message = |message| ServerOp::Msg { sid: Sid::from(1), message };
    vec![
        ServerOp::Info(Box::new(info)),
        ServerOp::Ok,
        ServerOp::Ping,
        ServerOp::Pong,
        ServerOp::Err("Unknown Protocol Operation".to_owned()),
        message(Message::new("a.b", &b"hi"[..])),
        message(Message::new("a.b", &b""[..]).with_reply("reply")),
        ServerOp::Msg {
            sid: Sid::from(9),
            message: Message::new("in", &b""[..]).with_headers(Headers::with_status(503, "")),
        },
    ]
}

#[test]
fn known_client_bytes() {
    assert_eq!(client_ops([CLIENT_BYTES]), (client_bytes_read(), None));
}

#[test]
fn known_server_bytes() {
    assert_eq!(server_ops([SERVER_BYTES]), (server_bytes_read(), None));
}

#[test]
fn every_split_point_gives_the_same_ops() {
    for at in 0..=CLIENT_BYTES.len() {
        let (a, b) = CLIENT_BYTES.split_at(at);
        assert_eq!(client_ops([a, b]), (client_bytes_read(), None), "split at {at}");
    }
    for at in 0..=SERVER_BYTES.len() {
        let (a, b) = SERVER_BYTES.split_at(at);
        assert_eq!(server_ops([a, b]), (server_bytes_read(), None), "split at {at}");
    }
    assert_eq!(client_ops(CLIENT_BYTES.chunks(1)), (client_bytes_read(), None));
    assert_eq!(server_ops(SERVER_BYTES.chunks(1)), (server_bytes_read(), None));
}

#[test]
fn what_is_written_is_read() {
    for op in client_bytes_read() {
        let mut bytes = Vec::new();
        op.encode(&mut bytes);
        assert_eq!(client_ops([&bytes[..]]), (vec![op], None));
    }
    for op in server_bytes_read() {
        let mut bytes = Vec::new();
        op.encode(&mut bytes);
        assert_eq!(server_ops([&bytes[..]]), (vec![op], None));
    }
}

#[test]
fn mistakes_are_told_apart() {
    let line = "x".repeat(4097);
    for (bytes, error) in [
        ("FOO\r\n", DecodeError::UnknownOperation),
        ("PUB a 2\r\nhiX", DecodeError::UnknownOperation),
        ("PUB a 1048577\r\n", DecodeError::MaxPayload),
        ("HPUB a 12 1048577\r\n", DecodeError::MaxPayload),
        (&format!("SUB {line}"), DecodeError::MaxControlLine),
        ("PUB a\r\n", DecodeError::BadArguments),
        ("HPUB a 3 2\r\n", DecodeError::BadArguments),
        ("-ERR 'x'\r\n", DecodeError::PeerError),
    ] {
        assert_eq!(client_ops([bytes.as_bytes()]), (Vec::new(), Some(error)), "{bytes:.20}");
    }
}

/// Bytes that look enough like the protocol to get somewhere.
fn noise() -> impl Strategy<Value = Vec<u8>> {
    let words = [
        "CONNECT ",
        "{\"verbose\":false}",
        "{}",
        "{\"headers\":true}",
        "PUB ",
        "HPUB ",
        "SUB ",
        "UNSUB ",
        "PING",
        "PONG",
        "MSG ",
        "HMSG ",
        "INFO ",
        "+OK",
        "-ERR ",
        "\r\n",
        "\r\n",
        "\r\n",
        "\n",
        "\r",
        " ",
        "\t",
        "a",
        "a.*",
        ">",
        "..",
        "_INBOX.x",
        "1",
        "0",
        "2",
        "12",
        "99999999999",
        "-1",
        "hi",
        "NATS/1.0",
        "A: 1",
        "\u{fc}",
        "$JS.API.INFO",
        "$JS.API.STREAM.CREATE.S",
        "{\"name\":\"S\"}",
        "$JS.ACK.S.C.1.1.1.1.0",
        "$SYS.REQ.USER.INFO",
    ];
    let piece = prop_oneof![
        4 => prop::sample::select(words.to_vec()).prop_map(|word| word.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..6),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

/// Cuts `bytes` at up to eight places.
fn cut<'a>(bytes: &'a [u8], cuts: &[prop::sample::Index]) -> Vec<&'a [u8]> {
    let mut ends: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    ends.push(bytes.len());
    ends.sort();
    let mut start = 0;
    ends.into_iter().map(|end| &bytes[std::mem::replace(&mut start, end)..end]).collect()
}

/// What a server with one client sends when these pieces arrive.
fn spoken<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<Output> {
    let (conn, now) = (ConnId(1), Timestamp::from_secs(1_000_000));
    let mut engine = Engine::new(Options::default(), now);
    let mut outputs = engine.handle(now, Input::Open { conn });
    for piece in pieces {
        outputs.extend(engine.handle(now, Input::Received { conn, bytes: Bytes::copy_from_slice(piece) }));
    }
    outputs
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn noise_never_panics_a_decoder(bytes in noise(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8)) {
        prop_assert_eq!(client_ops(cut(&bytes, &cuts)), client_ops([&bytes[..]]));
        let (whole, _) = server_ops([&bytes[..]]);
        let (split, _) = server_ops(cut(&bytes, &cuts));
        prop_assert_eq!(whole, split);
    }

    #[test]
    fn noise_never_panics_the_server(bytes in noise(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8)) {
        prop_assert_eq!(spoken(cut(&bytes, &cuts)), spoken([&bytes[..]]));
    }
}
