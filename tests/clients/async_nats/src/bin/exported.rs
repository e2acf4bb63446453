//! The exported playground of `tests/clients/exported`, compiled and run as it is: exported nats://127.0.0.1:PORT

include!("../../../exported/main.rs.txt");
