package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

func core(nc *nats.Conn, _ jetstream.JetStream) {
	check("core", "publish, subscribe, wildcards and headers", func(context.Context) {
		sub, err := nc.SubscribeSync("core.*.created")
		must(err)
		out := nats.NewMsg("core.eu.created")
		out.Header.Add("K", "one")
		out.Header.Add("K", "two")
		out.Data = []byte("hello")
		must(nc.PublishMsg(out))
		must(nc.Publish("core.eu.updated", nil))
		got, err := sub.NextMsg(5 * time.Second)
		must(err)
		same([]any{got.Subject, string(got.Data), got.Header.Values("K")}, []any{"core.eu.created", "hello", []string{"one", "two"}})
		_, err = sub.NextMsg(100 * time.Millisecond)
		fails(err, nats.ErrTimeout)
		must(sub.Unsubscribe())
	})
	check("core", "request, reply, and nobody there", func(context.Context) {
		sub, err := nc.Subscribe("core.upper", func(msg *nats.Msg) {
			msg.Respond([]byte(strings.ToUpper(string(msg.Data))))
		})
		must(err)
		reply, err := nc.Request("core.upper", []byte("abc"), 5*time.Second)
		must(err)
		same(string(reply.Data), "ABC")
		must(sub.Unsubscribe())
		_, err = nc.Request("core.nobody", nil, 5*time.Second)
		fails(err, nats.ErrNoResponders)
	})
	check("core", "a queue group shares, each message once", func(context.Context) {
		var got list
		for worker := 0; worker < 3; worker++ {
			sub, err := nc.QueueSubscribe("core.tasks", "workers", func(msg *nats.Msg) { got.add(string(msg.Data)) })
			must(err)
			defer sub.Unsubscribe()
		}
		for n := 1; n <= 60; n++ {
			must(nc.Publish("core.tasks", []byte(fmt.Sprint(n))))
		}
		must(nc.Flush())
		until("60 tasks", func() bool { return len(got.all()) >= 60 })
		seen := map[string]int{}
		for _, text := range got.all() {
			seen[text]++
		}
		same([]int{len(seen), len(got.all())}, []int{60, 60})
	})
	check("core", "unsubscribe after some, drain, and statistics", func(context.Context) {
		sub, err := nc.SubscribeSync("core.some")
		must(err)
		must(sub.AutoUnsubscribe(2))
		for n := 0; n < 5; n++ {
			must(nc.Publish("core.some", nil))
		}
		must(nc.Flush())
		for n := 0; n < 2; n++ {
			_, err = sub.NextMsg(5 * time.Second)
			must(err)
		}
		_, err = sub.NextMsg(100 * time.Millisecond)
		fails(err, nats.ErrMaxMessages)
		rtt, err := nc.RTT()
		must(err)
		same(rtt > 0 && nc.Stats().OutMsgs >= 5, true)
	})
}
