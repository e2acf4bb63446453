// The official Go client, as published, against any server: nats_go nats://127.0.0.1:PORT [idle]
//
// Prints one line per check, "ok area: what" or "FAIL area: what: why", and ends with 1 when one failed. With "idle" it
// waits for minutes on consumers that have nothing to give. The same checks stand in ../nats_js and ../nats_py.
package main

import (
	"fmt"
	"os"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// An area is a group of checks on one connection.
type area func(nc *nats.Conn, js jetstream.JetStream)

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: nats_go nats://127.0.0.1:PORT [idle]")
		os.Exit(2)
	}
	address := os.Args[1]
	areas := []area{core, streams, consumers, buckets, objects, services, func(*nats.Conn, jetstream.JetStream) {
		reconnect(address)
	}}
	if len(os.Args) > 2 && os.Args[2] == "idle" {
		areas = []area{idle}
	}
	for _, checks := range areas {
		nc, err := nats.Connect(address)
		must(err)
		js, err := jetstream.New(nc)
		must(err)
		checks(nc, js)
		nc.Close()
	}
	if failed > 0 {
		os.Exit(1)
	}
}
