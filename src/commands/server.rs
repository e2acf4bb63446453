//! `nats server`: what can be asked without a system account, and the refusals of the rest.

use super::grammar::{Argument, Command, Flag, Kind, joined};
use super::{Context, Failure, Matches, Outcome};
use crate::subject::transform::Transform;
use futures::future::LocalBoxFuture;

pub static COMMAND: Command =
    Command::new("server", "Asks about servers").aliases(&["srv", "sys", "system"]).subcommands(&[
        &ACCOUNT,
        &super::check::COMMAND,
        &CLUSTER,
        &CONFIG,
        &GENERATE,
        &GRAPH,
        &INFO,
        &LIST,
        &MAPPINGS,
        &PASSWD,
        &PING,
        &REPORT,
        &REQUEST,
        &WATCH,
        &STREAM_CHECK,
        &CONSUMER_CHECK,
    ]);

const JSON: Flag = Flag::bool("json", "Shows JSON").short('j');
const FORCE: Flag = Flag::bool("force", "Asks nothing").short('f');
const ARCHIVE: Flag = Flag::text("archive", "Reads what `nats audit gather` saved");
const HOST: Flag = Flag::text("host", "Servers of this name");
const IN_CLUSTER: Flag = Flag::text("cluster", "Servers of this cluster");
const TAGS: Flag = Flag::text("tags", "Servers with this tag").repeats();
const WATCHED: Flag = Flag::int("watch", "Shows it again after so many seconds");
const OF_ACCOUNT: Flag = Flag::text("account", "This account only");
const FILTER_ACCOUNT: Flag = Flag::text("filter-account", "This account only").placeholder("ACCOUNT");
const FILTER_SUBJECT: Flag = Flag::text("filter-subject", "What listens on this").placeholder("SUBJECT");
const LISTENING: &[Flag] = &[Flag::bool("subscriptions", "What is listened on, too"), ARCHIVE];
const LIMIT: Argument = Argument::optional("limit", "How many servers answer").kind(Kind::Int);
const WAIT: Argument = Argument::optional("wait", "How many servers answer").kind(Kind::Uint);

static LIST: Command = Command::new("list", "Lists servers")
    .aliases(&["ls"])
    .arguments(&[Argument::optional("expect", "How many servers should answer").kind(Kind::Uint)])
    .flags(&[
        JSON,
        Flag::choice(
            "sort",
            &[
                "name", "cluster", "conns", "conn", "subs", "sub", "routes", "route", "gw", "mem", "cpu", "slow",
                "uptime", "rtt",
            ],
            "What to sort by",
        )
        .default("rtt"),
        Flag::bool("reverse", "Turns the order round").short('R'),
        Flag::switch("compact", "Leaves out what is the same everywhere").default("true"),
        ARCHIVE,
    ])
    .handler(no_results);
static INFO: Command = Command::new("info", "Shows a server")
    .aliases(&["i"])
    .arguments(&[Argument::optional("name", "Name or id of the server").label("server")])
    .flags(&[ARCHIVE])
    .handler(no_results);
static GRAPH: Command = Command::new("graph", "Draws what a server does")
    .arguments(&[Argument::required("name", "Name or id of the server").label("server")])
    .flags(&[Flag::bool("jetstream", "Draws JetStream").short('j')])
    .handler(no_results);
static PING: Command = Command::new("ping", "Asks all servers for a sign of life")
    .arguments(&[Argument::optional("expect", "How many servers should answer").kind(Kind::Uint)])
    .flags(&[Flag::bool("graph", "Draws the answers"), Flag::bool("id", "Shows ids of servers")])
    .handler(ping);

static REPORT: Command = Command::new("report", "Reports on servers")
    .aliases(&["rep"])
    .flags(&[Flag::bool("reverse", "Turns the order round").short('R')])
    .subcommands(&[
        &ACCOUNTS,
        &CONNECTIONS,
        &CPU,
        &GATEWAYS,
        &HEALTH,
        &JETSTREAM,
        &LEAFNODES,
        &MEM,
        &ROUTES,
        &DOWNGRADE,
    ]);
static ACCOUNTS: Command = Command::new("accounts", "Reports on accounts")
    .aliases(&["acct"])
    .arguments(&[Argument::optional("account", "The account"), LIMIT])
    .flags(&[
        Flag::choice("sort", &["in-bytes", "out-bytes", "in-msgs", "out-msgs", "conns", "subs"], "What to sort by")
            .default("subs"),
        Flag::int("top", "How many rows").default("1000"),
        HOST,
        IN_CLUSTER,
        TAGS,
        WATCHED,
        ARCHIVE,
        JSON,
    ])
    .handler(system);
static CONNECTIONS: Command = Command::new("connections", "Reports on connections")
    .aliases(&["conn", "connz", "conns"])
    .arguments(&[LIMIT])
    .flags(&[
        OF_ACCOUNT,
        Flag::choice(
            "sort",
            &["in-bytes", "out-bytes", "in-msgs", "out-msgs", "uptime", "cid", "subs"],
            "What to sort by",
        )
        .default("subs"),
        Flag::int("top", "How many rows").default("1000"),
        Flag::text("subject", "Connections that listen on this"),
        Flag::text("username", "Connections of this user"),
        Flag::choice("state", &["open", "closed", "all"], "Connections in this state").default("open"),
        Flag::text("closed-reason", "Connections closed for this reason").placeholder("REASON"),
        Flag::text("filter", "Connections for which this is true"),
        HOST,
        IN_CLUSTER,
        TAGS,
        WATCHED,
        ARCHIVE,
        JSON,
    ])
    .handler(system);
const MEASURED: &[Flag] = &[HOST, IN_CLUSTER, TAGS, WATCHED, ARCHIVE, JSON];
const PLACED: &[Flag] = &[HOST, IN_CLUSTER, TAGS, WATCHED, ARCHIVE];
static CPU: Command = Command::new("cpu", "Reports on processors").arguments(&[LIMIT]).flags(MEASURED).handler(system);
static MEM: Command = Command::new("mem", "Reports on memory").arguments(&[LIMIT]).flags(MEASURED).handler(system);
static GATEWAYS: Command = Command::new("gateways", "Reports on connections of superclusters")
    .aliases(&["super", "gateway"])
    .arguments(&[LIMIT])
    .flags(&joined::<7>(&[
        &[Flag::text("filter-name", "Gateways of this name").placeholder("NAME")],
        &[Flag::choice("sort", &["server", "cluster"], "What to sort by").default("cluster")],
        PLACED,
    ]))
    .handler(system);
static HEALTH: Command = Command::new("health", "Reports on the health of servers")
    .arguments(&[LIMIT])
    .flags(&joined::<10>(&[
        &[
            Flag::switch("js-enabled", "JetStream must be on").short('J'),
            Flag::switch("server-only", "Leaves JetStream out").short('S'),
            OF_ACCOUNT,
            Flag::text("stream", "This stream only"),
            Flag::text("consumer", "This consumer only"),
        ],
        PLACED,
    ]))
    .handler(system);
static JETSTREAM: Command = Command::new("jetstream", "Reports on JetStream")
    .aliases(&["jsz", "js"])
    .arguments(&[LIMIT])
    .flags(&joined::<9>(&[
        &[
            OF_ACCOUNT,
            Flag::choice(
                "sort",
                &[
                    "name",
                    "cluster",
                    "streams",
                    "consumers",
                    "msgs",
                    "mbytes",
                    "bytes",
                    "mem",
                    "file",
                    "store",
                    "api",
                    "err",
                ],
                "What to sort by",
            )
            .default("cluster"),
            Flag::switch("compact", "Leaves out what is the same everywhere").default("true"),
            Flag::bool("leaders", "Shows who leads how many").short('l'),
        ],
        PLACED,
    ]))
    .handler(system);
static LEAFNODES: Command = Command::new("leafnodes", "Reports on connections of leaf nodes")
    .aliases(&["leaf", "leafz"])
    .arguments(&[LIMIT])
    .flags(&joined::<7>(&[
        &[
            OF_ACCOUNT,
            Flag::choice(
                "sort",
                &["server", "name", "account", "subs", "in-bytes", "out-bytes", "in-msgs", "out-msgs"],
                "What to sort by",
            )
            .default("server"),
        ],
        PLACED,
    ]))
    .handler(system);
static ROUTES: Command = Command::new("routes", "Reports on connections inside clusters")
    .aliases(&["route"])
    .arguments(&[LIMIT])
    .flags(&joined::<6>(&[
        &[Flag::choice(
            "sort",
            &["server", "cluster", "name", "account", "subs", "in-bytes", "out-bytes"],
            "What to sort by",
        )
        .default("server")],
        PLACED,
    ]))
    .handler(system);
static DOWNGRADE: Command = Command::new("downgrade", "Lists what an older server could not keep")
    .arguments(&[Argument::required("api", "API level of that server").kind(Kind::Uint)])
    .flags(&[Flag::bool("json", "Shows JSON"), Flag::bool("all", "Lists everything"), ARCHIVE])
    .handler(system);

static ACCOUNT: Command = Command::new("account", "Asks about accounts")
    .aliases(&["acct"])
    .flags(&[JSON])
    .subcommands(&[&ACCOUNT_INFO, &ACCOUNT_PURGE]);
static ACCOUNT_INFO: Command = Command::new("info", "Shows an account")
    .aliases(&["i"])
    .arguments(&[Argument::required("account", "The account")])
    .flags(&[HOST, ARCHIVE])
    .handler(system);
static ACCOUNT_PURGE: Command = Command::new("purge", "Removes all streams of an account")
    .arguments(&[Argument::required("account", "The account")])
    .flags(&[FORCE])
    .handler(|context, matches| Box::pin(purge(context, matches)));

async fn purge(context: Context, matches: Matches) -> Outcome {
    let account = matches.text("account");
    if !matches.flag("force") {
        let warning = "This operation deletes all data from the";
        context.console.line(&format!("{warning} {account} account and cannot be reversed.\n"));
        let answer = context.console.confirm(&format!("Really purge account {account}"), false).await;
        if !answer.map_err(|reason| Failure::new(reason.to_string()))? {
            return Ok(());
        }
    }
    // Nobody hears it without a system account.
    context.timers.sleep(matches.timeout()).await;
    Err("context deadline exceeded".into())
}

static CLUSTER: Command = Command::new("cluster", "Manages a cluster").aliases(&["r", "raft"]).subcommands(&[
    &BALANCE,
    &STEP_DOWN,
    &PEER_REMOVE,
]);
static BALANCE: Command = Command::new("balance", "Spreads connections over servers")
    .arguments(&[Argument::optional("duration", "How long to take").kind(Kind::Duration)])
    .flags(&[
        Flag::text("server-name", "Servers of this name").placeholder("NAME"),
        IN_CLUSTER,
        Flag::duration("idle", "Connections that were silent for so long").placeholder("DURATION"),
        OF_ACCOUNT,
        Flag::text("subject", "Connections that listen on this"),
        Flag::choice("kind", &["Client", "Leafnode"], "Connections of this kind").repeats(),
        FORCE,
    ])
    .handler(system);
static STEP_DOWN: Command = Command::new("step-down", "Elects another leader of the cluster")
    .aliases(&["stepdown", "sd", "elect", "down", "d"])
    .flags(&[IN_CLUSTER, TAGS, HOST, JSON, FORCE])
    .handler(system);
static PEER_REMOVE: Command = Command::new("peer-remove", "Removes a server from the cluster")
    .aliases(&["rm", "pr"])
    .arguments(&[Argument::required("name", "Name or id of the server")])
    .flags(&[FORCE, JSON])
    .handler(system);
static CONFIG: Command = Command::new("config", "Manages the configuration of servers").subcommands(&[&RELOAD]);
static RELOAD: Command = Command::new("reload", "Reads the configuration of a server again")
    .arguments(&[Argument::required("id", "Id of the server")])
    .flags(&[Flag::switch("force", "Asks nothing").short('f')])
    .handler(system);
static GENERATE: Command = Command::new("generate", "Makes configurations of servers; not in the playground")
    .aliases(&["gen"])
    .arguments(&[Argument::required("target", "Folder for the files")])
    .flags(&[Flag::text("source", "Where the questions come from")])
    .handler(absent);
static PASSWD: Command = Command::new("passwd", "Encrypts passwords for a server; not in the playground")
    .aliases(&["mkpasswd", "pass", "password"])
    .flags(&[
        Flag::text("pass", "The password").short('p').placeholder("STRING"),
        Flag::uint("cost", "How hard it is to guess").short('c').default("11"),
        Flag::bool("generate", "Makes one up").short('g'),
    ])
    .handler(absent);
static REQUEST: Command = Command::new("request", "Asks servers about themselves")
    .aliases(&["req"])
    .flags(&[
        Flag::int("limit", "How many rows").default("2048"),
        Flag::int("offset", "Rows to leave out").default("0"),
        Flag::text("name", "Servers of this name"),
        HOST,
        IN_CLUSTER,
        TAGS,
    ])
    .subcommands(&[
        &ASK_ACCOUNTS,
        &ASK_CONNECTIONS,
        &ASK_GATEWAYS,
        &ASK_QUEUES,
        &ASK_HEALTH,
        &ASK_JETSTREAM,
        &KICK,
        &ASK_LEAFNODES,
        &PROFILE,
        &ASK_RAFT,
        &ASK_ROUTES,
        &ASK_SUBSCRIPTIONS,
        &ASK_VARIABLES,
    ]);
static ASK_ACCOUNTS: Command = Command::new("accounts", "Asks about accounts")
    .aliases(&["accountz", "acct"])
    .arguments(&[WAIT])
    .flags(&[OF_ACCOUNT, ARCHIVE])
    .handler(system);
static ASK_CONNECTIONS: Command = Command::new("connections", "Asks about connections")
    .aliases(&["conn", "connz"])
    .arguments(&[WAIT])
    .flags(&[
        Flag::choice(
            "sort",
            &[
                "cid",
                "start",
                "subs",
                "pending",
                "msgs_to",
                "msgs_from",
                "bytes_to",
                "bytes_from",
                "last",
                "idle",
                "uptime",
                "stop",
                "reason",
                "rtt",
            ],
            "What to sort by",
        )
        .default("cid"),
        Flag::bool("subscriptions", "What they listen on, too"),
        Flag::uint("filter-cid", "The connection of this number").placeholder("CID"),
        Flag::choice("filter-state", &["open", "closed", "all"], "Connections in this state").default("open"),
        Flag::text("filter-user", "Connections of this user").placeholder("USER"),
        FILTER_ACCOUNT,
        FILTER_SUBJECT,
        Flag::bool("filter-empty", "Only answers with connections").default("false"),
        ARCHIVE,
    ])
    .handler(ask_connections);
static ASK_GATEWAYS: Command = Command::new("gateways", "Asks about connections of superclusters")
    .aliases(&["gateway", "gwy", "gatewayz"])
    .arguments(&[WAIT, Argument::optional("filter-name", "Gateways of this name")])
    .flags(&[
        FILTER_ACCOUNT,
        Flag::bool("accounts", "Accounts, too"),
        Flag::switch("subscriptions", "What is listened on, too").default("true"),
        ARCHIVE,
    ])
    .handler(system);
static ASK_HEALTH: Command = Command::new("jetstream-health", "Asks whether all is well")
    .aliases(&["healthz"])
    .arguments(&[WAIT])
    .flags(&[
        Flag::switch("js-enabled", "JetStream must be on").short('J'),
        Flag::switch("server-only", "Leaves streams and consumers out").short('S'),
        OF_ACCOUNT,
        Flag::text("stream", "This stream only"),
        Flag::text("consumer", "This consumer only"),
        Flag::switch("details", "All that is wrong, at length").default("true"),
        ARCHIVE,
    ])
    .handler(system);
static ASK_JETSTREAM: Command = Command::new("jetstream", "Asks about JetStream")
    .aliases(&["jsz", "js"])
    .arguments(&[WAIT])
    .flags(&[
        OF_ACCOUNT,
        Flag::bool("accounts", "Accounts, too"),
        Flag::bool("streams", "Streams, too"),
        Flag::bool("consumer", "Consumers, too"),
        Flag::bool("config", "Configurations, too"),
        Flag::bool("raft", "Groups of servers, too"),
        Flag::bool("leader", "Only the leader of the cluster answers"),
        Flag::bool("stream-leader", "Only leaders of streams answer"),
        Flag::bool("all", "Everything there is"),
        ARCHIVE,
    ])
    .handler(system);
static ASK_QUEUES: Command = Command::new("ipqueue", "Asks about queues inside a server")
    .aliases(&["ipq", "ipqueuesz"])
    .arguments(&[WAIT])
    .handler(system);
static KICK: Command = Command::new("kick", "Ends the connection of a client")
    .arguments(&[
        Argument::required("client", "Id of the client").kind(Kind::Uint),
        Argument::required("id", "Id of the server").label("server"),
    ])
    .handler(system);
static PROFILE: Command = Command::new("profile", "Asks what a server does with its time and memory")
    .arguments(&[
        Argument::required("profile", "What of").kind(Kind::Enum(&[
            "allocs",
            "heap",
            "goroutine",
            "mutex",
            "threadcreate",
            "block",
            "cpu",
        ])),
        Argument::optional("dir", "Folder for the files").kind(Kind::Directory),
    ])
    .flags(&[Flag::int("level", "How much of it"), ARCHIVE])
    .handler(system);
static ASK_RAFT: Command = Command::new("raft", "Asks how servers agree")
    .aliases(&["raftz"])
    .flags(&[OF_ACCOUNT, Flag::text("group", "This group only"), ARCHIVE])
    .handler(system);
static ASK_LEAFNODES: Command = Command::new("leafnodes", "Asks about connections of leaf nodes")
    .aliases(&["leaf", "leafz"])
    .arguments(&[WAIT])
    .flags(LISTENING)
    .handler(system);
static ASK_ROUTES: Command = Command::new("routes", "Asks about connections inside clusters")
    .aliases(&["route", "routez"])
    .arguments(&[WAIT])
    .flags(LISTENING)
    .handler(system);
static ASK_SUBSCRIPTIONS: Command = Command::new("subscriptions", "Asks about subscriptions")
    .aliases(&["sub", "subsz"])
    .arguments(&[WAIT])
    .flags(&[Flag::bool("detail", "Each of them"), FILTER_ACCOUNT, FILTER_SUBJECT, ARCHIVE])
    .handler(system);
static ASK_VARIABLES: Command = Command::new("variables", "Asks how a server runs")
    .aliases(&["var", "varz"])
    .arguments(&[WAIT])
    .flags(&[ARCHIVE])
    .handler(system);
static WATCH: Command = Command::new("watch", "Shows what servers do; not in the playground").subcommands(&[
    &Command::new("api", "Shows requests to JetStream").handler(absent),
    &Command::new("accounts", "Shows accounts").aliases(&["account", "acct"]).handler(absent),
    &Command::new("jetstream", "Shows JetStream").aliases(&["js", "jsz"]).handler(absent),
    &Command::new("servers", "Shows servers").aliases(&["server", "srv"]).handler(absent),
]);
static STREAM_CHECK: Command =
    Command::new("stream-check", "Compares what servers know of streams").hidden().handler(absent);
static CONSUMER_CHECK: Command =
    Command::new("consumer-check", "Compares what servers know of consumers").hidden().handler(absent);

static MAPPINGS: Command = Command::new("mappings", "Tries out what a mapping makes of subjects")
    .aliases(&["mapping"])
    .arguments(&[
        Argument::optional("source", "Subjects that are mapped"),
        Argument::optional("dest", "What they become"),
        Argument::optional("subject", "Subject to try; asked for when it is missing"),
    ])
    .handler(|context, matches| Box::pin(mapping(context, matches)));

async fn mapping(context: Context, matches: Matches) -> Outcome {
    let unread = |reason| Failure::new(format!("{reason}"));
    let mut sides = Vec::new();
    let questions = [
        ("source", "Source subject pattern", "Which subjects to map, with wildcards."),
        ("dest", "Destination subject pattern", "What they become, as o.{{wildcard(1)}}."),
    ];
    for (name, question, help) in questions {
        sides.push(match matches.text(name) {
            "" => context.console.ask_required(question, help).await.map_err(unread)?,
            given => given.to_owned(),
        });
    }
    let transform = Transform::with_blanks(&sides[0], &sides[1]).map_err(|error| Failure::new(error.to_string()))?;
    let transform = transform.ok_or("invalid mapping destination")?;
    if !matches.text("subject").is_empty() {
        try_out(&context, &transform, matches.text("subject"));
        return Ok(());
    }
    context.console.line("Enter subjects to test, empty subject terminates.\n");
    context.console.line("NOTE: This only tests mappings, it does not add them to the server\n");
    loop {
        let subject = context.console.ask_text("Subject", "", "A subject to map; nothing ends this.").await;
        let subject = subject.map_err(unread)?;
        if subject.is_empty() {
            return Ok(());
        }
        try_out(&context, &transform, &subject);
    }
}

fn try_out(context: &Context, transform: &Transform, subject: &str) {
    if subject.split('.').any(|token| ["", "*", ">"].contains(&token)) {
        return context.console.line("Error: invalid subject\n\n");
    }
    match transform.apply(subject, &mut context.rng.borrow_mut()) {
        Some(mapped) => context.console.line(&format!("{mapped}\n")),
        None => context.console.line("Error: no matching transforms available\n\n"),
    }
}

const NEEDS: &str = "ensure the account used has system privileges and appropriate permissions";

fn failed(sentence: String) -> LocalBoxFuture<'static, Outcome> {
    Box::pin(std::future::ready(Err(sentence.into())))
}

fn no_results(_: Context, matches: Matches) -> LocalBoxFuture<'static, Outcome> {
    if matches.knows("archive") && !matches.text("archive").is_empty() {
        return system_archive(&matches);
    }
    failed(format!("no results received, {NEEDS}"))
}

fn system_archive(matches: &Matches) -> LocalBoxFuture<'static, Outcome> {
    let file = matches.text("archive");
    failed(format!("failed to open archive: open {file}: no such file or directory"))
}

fn ask_connections(context: Context, matches: Matches) -> LocalBoxFuture<'static, Outcome> {
    match matches.text("archive") {
        "" => Box::pin(super::server_request::connections(context, matches)),
        _ => system_archive(&matches),
    }
}

/// What only a system account is told.
fn system(_: Context, matches: Matches) -> LocalBoxFuture<'static, Outcome> {
    if matches.knows("archive") && !matches.text("archive").is_empty() {
        return system_archive(&matches);
    }
    let path: Vec<&str> = matches.path[2..].iter().map(|command| command.name).collect();
    let subject = match path.as_slice() {
        ["account", "info"] | ["request", "accounts"] => "$SYS.REQ.SERVER.PING.ACCOUNTZ: ",
        ["cluster", "balance"] | ["request", "variables"] => "$SYS.REQ.SERVER.PING.VARZ: ",
        ["report", "cpu" | "mem"] => "$SYS.REQ.SERVER.PING: ",
        ["report" | "request", "gateways"] => "$SYS.REQ.SERVER.PING.GATEWAYZ: ",
        ["report", "health"] | ["request", "jetstream-health"] => "$SYS.REQ.SERVER.PING.HEALTHZ: ",
        ["report" | "request", "jetstream"] => "$SYS.REQ.SERVER.PING.JSZ: ",
        ["report" | "request", "leafnodes"] => "$SYS.REQ.SERVER.PING.LEAFZ: ",
        ["report" | "request", "routes"] => "$SYS.REQ.SERVER.PING.ROUTEZ: ",
        ["request", "ipqueue"] => "$SYS.REQ.SERVER.PING.IPQUEUESZ: ",
        ["request", "profile"] => "$SYS.REQ.SERVER.PING.PROFILEZ: ",
        ["request", "raft"] => "$SYS.REQ.SERVER.PING.RAFTZ: ",
        ["request", "subscriptions"] => "$SYS.REQ.SERVER.PING.SUBSZ: ",
        ["report", "downgrade"] => "failed to get current active servers: ",
        _ => "",
    };
    failed(format!("{subject}server request failed, {NEEDS}"))
}

fn absent(_: Context, matches: Matches) -> LocalBoxFuture<'static, Outcome> {
    let words: Vec<&str> = matches.path.iter().map(|command| command.name).collect();
    failed(format!("not in the playground: {}", words.join(" ")))
}

fn ping(context: Context, _: Matches) -> LocalBoxFuture<'static, Outcome> {
    let subject = "$SYS.REQ.SERVER.PING";
    let ending = "ensure a system account is used with appropriate permissions";
    context.console.line(&format!("503 status from {subject}, {ending}"));
    Box::pin(std::future::ready(Err(Failure::Exit(1))))
}
