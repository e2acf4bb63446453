//! The engine behind TCP and WebSocket on loopback: its thread, its clock, and two threads for each connection.
//!
//! For tests, and for pointing any client's own tests at the engine. Not a product: no TLS, no file is ever written,
//! everything is forgotten when it ends.

#![expect(clippy::disallowed_methods, reason = "a server behind a socket has a real clock")]

use jetlab::engine::{ConnId, Engine, Input, Options, Output};
use jetlab::time::Timestamp;
use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tungstenite::protocol::Role;
use tungstenite::{Message, WebSocket};

/// How often an idle engine looks up although nothing is due.
const IDLE: Duration = Duration::from_secs(60);
const READ_BYTES: usize = 64 * 1024;

/// A running server; dropping it ends it.
pub struct WireServer {
    pub address: SocketAddr,
    pub ws_address: SocketAddr,
    news: Sender<News>,
    stopping: Arc<AtomicBool>,
}

/// What the engine's thread hears.
enum News {
    Opened(ConnId, Arc<Outbox>),
    Received(ConnId, bytes::Bytes),
    /// Something was carried off towards this client.
    Carried(ConnId),
    Gone(ConnId),
    Stop,
}

/// Bytes on their way to one client.
#[derive(Default)]
struct Outbox {
    state: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    bytes: Vec<u8>,
    /// Taken by the writing thread and not written yet.
    in_flight: usize,
    /// Hang up once everything is written.
    closing: bool,
}

impl WireServer {
    /// Listens on loopback; port 0 is any free one. `options.port` is set to what was found.
    pub fn start(mut options: Options, port: u16, ws_port: u16) -> io::Result<WireServer> {
        let tcp = TcpListener::bind(("127.0.0.1", port))?;
        let ws = TcpListener::bind(("127.0.0.1", ws_port))?;
        let (address, ws_address) = (tcp.local_addr()?, ws.local_addr()?);
        options.host = "127.0.0.1".to_owned();
        options.port = address.port();
        let (news, heard) = mpsc::channel();
        let stopping = Arc::new(AtomicBool::new(false));
        let next_conn = Arc::new(AtomicU64::new(0));
        thread::spawn(move || run_engine(options, &heard));
        for (listener, serve) in [(tcp, serve_tcp as Serve), (ws, serve_ws as Serve)] {
            let (news, stopping, next_conn) = (news.clone(), stopping.clone(), next_conn.clone());
            thread::spawn(move || {
                for stream in listener.incoming().flatten() {
                    if stopping.load(Ordering::Relaxed) {
                        return;
                    }
                    let conn = ConnId(next_conn.fetch_add(1, Ordering::Relaxed) + 1);
                    let news = news.clone();
                    thread::spawn(move || serve(stream, conn, &news));
                }
            });
        }
        Ok(WireServer { address, ws_address, news, stopping })
    }
}

impl Drop for WireServer {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        let _ = self.news.send(News::Stop);
        // Wakes the threads that listen, so that they see it is over.
        let _ = TcpStream::connect(self.address);
        let _ = TcpStream::connect(self.ws_address);
    }
}

/// Time of day that never goes back.
struct Clock {
    started: Instant,
    epoch: Duration,
}

impl Clock {
    fn new() -> Clock {
        let epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Clock { started: Instant::now(), epoch }
    }

    fn now(&self) -> Timestamp {
        Timestamp((self.epoch + self.started.elapsed()).as_nanos() as i64)
    }
}

fn run_engine(options: Options, heard: &Receiver<News>) {
    let clock = Clock::new();
    let mut engine = Engine::new(options, clock.now());
    let mut outboxes: BTreeMap<ConnId, Arc<Outbox>> = BTreeMap::new();
    loop {
        let wait = engine.poll_timeout().map_or(IDLE, |deadline| deadline.since(clock.now()));
        let inputs = match heard.recv_timeout(wait) {
            Ok(News::Opened(conn, outbox)) => {
                outboxes.insert(conn, outbox);
                // From the first byte on the engine shall know what is unread.
                vec![Input::Open { conn }, Input::Unread { conn, bytes: 0 }]
            }
            Ok(News::Received(conn, bytes)) => vec![Input::Received { conn, bytes }],
            Ok(News::Carried(conn)) => match outboxes.get(&conn) {
                Some(outbox) => vec![Input::Unread { conn, bytes: outbox.unwritten() }],
                None => continue,
            },
            Ok(News::Gone(conn)) => {
                outboxes.remove(&conn);
                vec![Input::Gone { conn }]
            }
            Err(RecvTimeoutError::Timeout) => vec![Input::Tick],
            Ok(News::Stop) | Err(RecvTimeoutError::Disconnected) => break,
        };
        for input in inputs {
            let outputs = engine.handle(clock.now(), input);
            carry_out(outputs, &mut outboxes);
        }
        // A busy server must not be late with what is due.
        if engine.poll_timeout().is_some_and(|deadline| deadline <= clock.now()) {
            let outputs = engine.handle(clock.now(), Input::Tick);
            carry_out(outputs, &mut outboxes);
        }
    }
    outboxes.values().for_each(|outbox| outbox.close());
}

fn carry_out(outputs: Vec<Output>, outboxes: &mut BTreeMap<ConnId, Arc<Outbox>>) {
    for output in outputs {
        match output {
            Output::Send { conn, op } => {
                if let Some(outbox) = outboxes.get(&conn) {
                    outbox.push(|bytes| op.encode(bytes));
                }
            }
            Output::Close { conn, .. } => {
                if let Some(outbox) = outboxes.remove(&conn) {
                    outbox.close();
                }
            }
            Output::Event(_) => {}
        }
    }
}

impl Outbox {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.state.lock().expect("nobody panics while holding it")
    }

    fn push(&self, write: impl FnOnce(&mut Vec<u8>)) {
        write(&mut self.lock().bytes);
        self.changed.notify_one();
    }

    fn close(&self) {
        self.lock().closing = true;
        self.changed.notify_one();
    }

    fn unwritten(&self) -> usize {
        let waiting = self.lock();
        waiting.bytes.len() + waiting.in_flight
    }

    /// Everything there is to write, waiting for something; `None` when that was all.
    fn take(&self) -> Option<Vec<u8>> {
        let mut waiting = self.lock();
        waiting.in_flight = 0;
        while waiting.bytes.is_empty() {
            if waiting.closing {
                return None;
            }
            waiting = self.changed.wait(waiting).expect("nobody panics while holding it");
        }
        waiting.in_flight = waiting.bytes.len();
        Some(std::mem::take(&mut waiting.bytes))
    }

    /// Writes until there is nothing more to write or nobody to write to.
    fn write_all(&self, conn: ConnId, news: &Sender<News>, mut write: impl FnMut(&[u8]) -> bool) {
        while let Some(bytes) = self.take() {
            if !write(&bytes) || news.send(News::Carried(conn)).is_err() {
                return;
            }
        }
    }
}

type Serve = fn(TcpStream, ConnId, &Sender<News>);

fn serve_tcp(mut stream: TcpStream, conn: ConnId, news: &Sender<News>) {
    let (Ok(mut writer), Ok(())) = (stream.try_clone(), stream.set_nodelay(true)) else { return };
    let outbox = Arc::new(Outbox::default());
    if news.send(News::Opened(conn, outbox.clone())).is_err() {
        return;
    }
    let carried = news.clone();
    let closer = outbox.clone();
    thread::spawn(move || {
        outbox.write_all(conn, &carried, |bytes| writer.write_all(bytes).is_ok());
        let _ = writer.shutdown(Shutdown::Both);
    });
    let mut buffer = vec![0; READ_BYTES];
    while let Ok(count) = stream.read(&mut buffer)
        && count > 0
        && news.send(News::Received(conn, bytes::Bytes::copy_from_slice(&buffer[..count]))).is_ok()
    {}
    let _ = news.send(News::Gone(conn));
    closer.close();
}

/// One socket for the thread that reads and the thread that writes: every write is one piece.
#[derive(Clone)]
struct Shared {
    reading: Arc<TcpStream>,
    writing: Arc<Mutex<TcpStream>>,
}

impl Read for Shared {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (&*self.reading).read(buffer)
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.writing.lock().expect("nobody panics while holding it").write_all(bytes)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn serve_ws(stream: TcpStream, conn: ConnId, news: &Sender<News>) {
    let (Ok(writing), Ok(())) = (stream.try_clone(), stream.set_nodelay(true)) else { return };
    let shared = Shared { reading: Arc::new(stream), writing: Arc::new(Mutex::new(writing)) };
    let Ok(mut reader) = tungstenite::accept(shared.clone()) else { return };
    let outbox = Arc::new(Outbox::default());
    if news.send(News::Opened(conn, outbox.clone())).is_err() {
        return;
    }
    let carried = news.clone();
    let closer = outbox.clone();
    let mut writer = WebSocket::from_raw_socket(shared.clone(), Role::Server, None);
    thread::spawn(move || {
        outbox.write_all(conn, &carried, |bytes| writer.send(Message::binary(bytes.to_vec())).is_ok());
        let _ = writer.close(None);
        let _ = writer.flush();
        let _ = shared.reading.shutdown(Shutdown::Both);
    });
    while let Ok(message) = reader.read() {
        if (message.is_binary() || message.is_text())
            && news.send(News::Received(conn, bytes::Bytes::from(message.into_data().to_vec()))).is_err()
        {
            break;
        }
    }
    let _ = news.send(News::Gone(conn));
    closer.close();
}
