//! Services and their discovery.

use crate::harness::{Checked, check, same, take};
use async_nats::Client;
use async_nats::service::{ServiceExt, error};
use bytes::Bytes;
use futures::StreamExt;
use serde_json::Value;
use std::collections::{BTreeSet, HashMap};

pub async fn checks(client: &Client) {
    check("services", "endpoints answer, count, and are found", sums(client)).await;
}

fn add(payload: &[u8]) -> Result<Bytes, error::Error> {
    let numbers: Vec<i64> =
        serde_json::from_slice(payload).map_err(|_| error::Error { status: "numbers please".to_owned(), code: 400 })?;
    Ok(numbers.iter().sum::<i64>().to_string().into())
}

async fn sums(client: &Client) -> Checked {
    let mut running = Vec::new();
    for _ in 0..2 {
        let service = client.service_builder().description("adds").start("sums", "1.2.3").await?;
        let metadata = HashMap::from([("kind".to_owned(), "sum".to_owned())]);
        let mut endpoint = service.group("math").endpoint_builder().metadata(metadata).name("add").add("add").await?;
        tokio::spawn(async move {
            while let Some(request) = endpoint.next().await {
                let _ = request.respond(add(&request.message.payload)).await;
            }
        });
        running.push(service);
    }
    // Whatever was subscribed before this was answered is known to the server.
    let _ = client.request("services.nobody", Bytes::new()).await;
    for n in 0..20 {
        let answer = client.request("math.add", format!("[{n},1]").into()).await?;
        same(answer.payload.as_ref(), (n + 1).to_string().as_bytes())?;
    }
    let refused = client.request("math.add", "{}".into()).await?;
    let code = refused.headers.as_ref().and_then(|headers| headers.get("Nats-Service-Error-Code"));
    same(code.map(|code| code.as_str()), Some("400"))?;
    let ids: BTreeSet<String> =
        ask(client, "$SRV.PING.sums", 2).await?.iter().map(|ping| ping["id"].to_string()).collect();
    same(ids.len(), 2)?;
    let id = ids.first().map(|id| id.trim_matches('"')).unwrap_or_default();
    let info = ask(client, &format!("$SRV.INFO.sums.{id}"), 1).await?.remove(0);
    same(&info["endpoints"][0]["subject"], &Value::from("math.add"))?;
    same(&info["endpoints"][0]["metadata"]["kind"], &Value::from("sum"))?;
    let stats = ask(client, "$SRV.STATS.sums", 2).await?;
    let count = |field: &str| stats.iter().filter_map(|stat| stat["endpoints"][0][field].as_u64()).sum::<u64>();
    same((count("num_requests"), count("num_errors")), (21, 1))?;
    for service in running {
        service.stop().await?;
    }
    Ok(())
}

async fn ask(client: &Client, subject: &str, count: usize) -> Checked<Vec<Value>> {
    let inbox = client.new_inbox();
    let mut sub = client.subscribe(inbox.clone()).await?;
    client.publish_with_reply(subject.to_owned(), inbox, Bytes::new()).await?;
    take(&mut sub, count).await?.iter().map(|msg| Ok(serde_json::from_slice(&msg.payload)?)).collect()
}
