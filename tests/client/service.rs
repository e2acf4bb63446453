//! Services and their discovery.

use super::{Driver, Script, connected};
use futures::FutureExt;
use jetlab::client::Gather;
use jetlab::client::service::{Identity, ServiceConfig, ServiceInfo, ServiceStats, Verb};
use jetlab::protocol::Message;
use std::time::Duration;

pub const SCRIPTS: &[Script] = &[
    ("service: answers requests and for itself", |d| serving(d).boxed_local()),
    ("many answers are gathered", |d| gathering(d).boxed_local()),
];

async fn serving(driver: Driver) {
    let (server, client) = (connected(&driver, "s").await, connected(&driver, "c").await);
    let config = ServiceConfig { name: "demo".into(), version: "1.0.0".into(), ..ServiceConfig::default() };
    let mut service = server.add_service(&config).expect("a good name");
    service.add_endpoint("echo", "demo.echo", None).expect("a good subject");
    server.flush().await.expect("connected");
    let id = service.id().to_owned();
    let serving = async {
        while let Some(request) = service.next().await {
            let payload = request.message.payload.clone();
            let outcome = match &payload[..] {
                b"bad" => service.respond_error(&request, 400, "bad request"),
                _ => service.respond(&request, None, payload),
            };
            outcome.expect("it can be answered");
        }
    };
    let asking = async {
        let timeout = Duration::from_secs(2);
        let echo = client.request(Message::new("demo.echo", "hi"), timeout).await.expect("answered");
        assert_eq!(echo.payload, "hi");
        let error = client.request(Message::new("demo.echo", "bad"), timeout).await.expect("answered");
        assert_eq!(error.header("Nats-Service-Error-Code"), Some("400"));
        let pings: Vec<Identity> = client.discover(Verb::Ping, None, None, timeout).await.expect("connected");
        assert_eq!(pings.iter().map(|ping| ping.id.as_str()).collect::<Vec<_>>(), [id.as_str()]);
        let infos: Vec<ServiceInfo> =
            client.discover(Verb::Info, Some("demo"), None, timeout).await.expect("connected");
        assert_eq!(infos[0].endpoints[0].queue_group, "q");
        let stats: Vec<ServiceStats> =
            client.discover(Verb::Stats, Some("demo"), Some(&id), timeout).await.expect("connected");
        let echo = &stats[0].endpoints[0];
        assert_eq!((echo.num_requests, echo.num_errors, echo.last_error.as_str()), (2, 1, "400:bad request"));
        let others: Vec<Identity> = client.discover(Verb::Ping, Some("nope"), None, timeout).await.expect("connected");
        assert_eq!(others, []);
        server.close();
    };
    futures::join!(serving, asking);
}

async fn gathering(driver: Driver) {
    let client = connected(&driver, "c").await;
    let mut helpers = [(); 3].map(|()| client.subscribe("help", None).expect("valid"));
    let helping = async {
        for helper in &mut helpers {
            let request = helper.next().await.expect("asked");
            client.publish(Message::new(request.reply.expect("a request"), "me")).expect("connected");
        }
    };
    let gather = Gather { timeout: Duration::from_secs(2), stall: None, max: Some(3) };
    let ((), answers) = futures::join!(helping, client.request_many(Message::new("help", ""), gather));
    assert_eq!(answers.expect("connected").len(), 3);
}
