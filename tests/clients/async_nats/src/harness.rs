//! What every check of this program stands on: one line per check, patience, and a wire that can be cut.

use async_nats::{Client, ConnectOptions};
use futures::{Stream, StreamExt};
use std::fmt::Debug;
use std::panic::Location;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;
use tokio::time::timeout;

/// How every check ends.
pub type Checked<T = ()> = Result<T, async_nats::Error>;

const CHECK: Duration = Duration::from_secs(60);
const PATIENCE: Duration = Duration::from_secs(15);
static FAILED: AtomicUsize = AtomicUsize::new(0);

pub fn failures() -> usize {
    FAILED.load(Ordering::Relaxed)
}

pub async fn connect(address: &str) -> Checked<Client> {
    let options = ConnectOptions::new().request_timeout(Some(Duration::from_secs(20))).subscription_capacity(1 << 17);
    Ok(options.connect(address).await?)
}

/// Runs one check and prints its line.
pub async fn check(area: &str, what: &str, run: impl Future<Output = Checked>) {
    let started = Instant::now();
    let outcome = timeout(CHECK, run).await.unwrap_or_else(|_| Err("the check takes too long".into()));
    match outcome {
        Ok(()) => println!("ok {area}: {what} ({} ms)", started.elapsed().as_millis()),
        Err(error) => {
            FAILED.fetch_add(1, Ordering::Relaxed);
            println!("FAIL {area}: {what}: {}", error.to_string().replace('\n', " "));
        }
    }
}

#[track_caller]
pub fn same<T: Debug + PartialEq<U>, U: Debug>(found: T, wanted: U) -> Checked {
    hold(found == wanted, format!("found {found:?}, wanted {wanted:?}"))
}

#[track_caller]
pub fn hold(it: bool, otherwise: impl Debug) -> Checked {
    let place = Location::caller();
    if it { Ok(()) } else { Err(format!("{otherwise:?} ({}:{})", place.file(), place.line()).into()) }
}

/// The error that was hoped for.
#[track_caller]
pub fn fails<T: Debug, E>(outcome: Result<T, E>) -> Checked<E> {
    let place = Location::caller();
    match outcome {
        Err(error) => Ok(error),
        Ok(value) => Err(format!("no error but {value:?} ({}:{})", place.file(), place.line()).into()),
    }
}

/// The next `count` items.
pub async fn take<T>(stream: &mut (impl Stream<Item = T> + Unpin), count: usize) -> Checked<Vec<T>> {
    let mut taken = Vec::new();
    while taken.len() < count {
        match timeout(PATIENCE, stream.next()).await {
            Ok(Some(item)) => taken.push(item),
            Ok(None) => return Err(format!("ended after {} of {count}", taken.len()).into()),
            Err(_) => return Err(format!("only {} of {count} came", taken.len()).into()),
        }
    }
    Ok(taken)
}

/// The next `count` good items.
pub async fn take_ok<T, E>(stream: &mut (impl Stream<Item = Result<T, E>> + Unpin), count: usize) -> Checked<Vec<T>>
where
    async_nats::Error: From<E>,
{
    take(stream, count).await?.into_iter().map(|item| item.map_err(Into::into)).collect()
}

/// Asks again until `probe` says yes.
pub async fn until(what: &str, mut probe: impl AsyncFnMut() -> Checked<bool>) -> Checked {
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        if probe().await? {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Err(format!("{what}: not after {PATIENCE:?}").into())
}

pub fn text(payload: &[u8]) -> String {
    String::from_utf8_lossy(payload).into_owned()
}

pub fn numbers(first: u64, last: u64) -> Vec<String> {
    (first..=last).map(|n| n.to_string()).collect()
}

pub const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// A wire in between, which can be cut and refuses to be mended until told.
pub struct Cuttable {
    pub address: String,
    open: Arc<Mutex<Vec<AbortHandle>>>,
    refusing: Arc<AtomicBool>,
}

impl Cuttable {
    pub async fn start(address: &str) -> Checked<Cuttable> {
        let far = address.trim_start_matches("nats://").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let near = format!("nats://{}", listener.local_addr()?);
        let (open, refusing) = (Arc::<Mutex<Vec<AbortHandle>>>::default(), Arc::<AtomicBool>::default());
        let (carried, refused) = (open.clone(), refusing.clone());
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                if refused.load(Ordering::Relaxed) {
                    continue;
                }
                let task = tokio::spawn(carry(near, far.clone()));
                carried.lock().expect("nobody panics while holding it").push(task.abort_handle());
            }
        });
        Ok(Cuttable { address: near, open, refusing })
    }

    pub fn cut(&self) {
        self.open.lock().expect("nobody panics while holding it").drain(..).for_each(|wire| wire.abort());
    }

    pub fn refuse(&self, yes: bool) {
        self.refusing.store(yes, Ordering::Relaxed);
    }
}

async fn carry(mut near: TcpStream, far: String) {
    if let Ok(mut far) = TcpStream::connect(far).await {
        let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
    }
}
