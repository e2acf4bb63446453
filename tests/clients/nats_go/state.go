package main

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nats.go/micro"
)

func buckets(_ *nats.Conn, js jetstream.JetStream) {
	check("kv", "put, get, create, update, delete, purge, keys, history, status", func(ctx context.Context) {
		bucket, err := js.CreateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: "configs", History: 5})
		must(err)
		first, err := bucket.Put(ctx, "db.port", []byte("5432"))
		must(err)
		same(first, uint64(1))
		_, err = bucket.Create(ctx, "db.port", []byte("1"))
		fails(err, jetstream.ErrKeyExists)
		second, err := bucket.Update(ctx, "db.port", []byte("5433"), first)
		must(err)
		_, err = bucket.Update(ctx, "db.port", []byte("5434"), first)
		same(err != nil, true)
		entry, err := bucket.Get(ctx, "db.port")
		must(err)
		same([]any{string(entry.Value()), entry.Revision()}, []any{"5433", second})
		_, err = bucket.Put(ctx, "db.host", []byte("here"))
		must(err)
		keys, err := bucket.Keys(ctx)
		must(err)
		same(len(keys), 2)
		must(bucket.Delete(ctx, "db.port"))
		_, err = bucket.Get(ctx, "db.port")
		fails(err, jetstream.ErrKeyNotFound)
		history, err := bucket.History(ctx, "db.port")
		must(err)
		same(len(history), 3)
		must(bucket.Purge(ctx, "db.port"))
		history, err = bucket.History(ctx, "db.port")
		must(err)
		same([]any{len(history), history[0].Operation()}, []any{1, jetstream.KeyValuePurge})
		status, err := bucket.Status(ctx)
		must(err)
		same([]any{status.Bucket(), status.History(), status.Values()}, []any{"configs", int64(5), uint64(2)})
	})
	check("kv", "watch: what there is, then what comes", func(ctx context.Context) {
		bucket, err := js.CreateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: "watched"})
		must(err)
		for _, key := range []string{"a", "b"} {
			_, err = bucket.Put(ctx, key, []byte("1"))
			must(err)
		}
		watcher, err := bucket.WatchAll(ctx)
		must(err)
		defer watcher.Stop()
		var seen []string
		for entry := range watcher.Updates() {
			if entry == nil {
				seen = append(seen, "|")
				_, err := bucket.Put(ctx, "a", []byte("2"))
				must(err)
				must(bucket.Delete(ctx, "b"))
				continue
			}
			seen = append(seen, fmt.Sprintf("%s=%s %v", entry.Key(), entry.Value(), entry.Operation()))
			if len(seen) == 5 {
				break
			}
		}
		same(seen, []string{"a=1 KeyValuePutOp", "b=1 KeyValuePutOp", "|", "a=2 KeyValuePutOp", "b= KeyValueDeleteOp"})
	})
	check("kv", "values expire", func(ctx context.Context) {
		bucket, err := js.CreateKeyValue(ctx, jetstream.KeyValueConfig{Bucket: "short", TTL: time.Second})
		must(err)
		_, err = bucket.Put(ctx, "k", nil)
		must(err)
		until("it is gone", func() bool {
			_, err := bucket.Get(ctx, "k")
			return err != nil
		})
	})
}

func objects(_ *nats.Conn, js jetstream.JetStream) {
	check("objects", "put, get, list and delete 3 MB", func(ctx context.Context) {
		store, err := js.CreateObjectStore(ctx, jetstream.ObjectStoreConfig{Bucket: "files"})
		must(err)
		data := make([]byte, 3<<20)
		for n := range data {
			data[n] = byte(n * n >> 7)
		}
		info, err := store.PutBytes(ctx, "a name/with=signs", data)
		must(err)
		same([]any{info.Size, info.Chunks}, []any{uint64(len(data)), uint32(24)})
		got, err := store.GetBytes(ctx, "a name/with=signs")
		must(err)
		same(bytes.Equal(got, data), true)
		list, err := store.List(ctx)
		must(err)
		same(len(list), 1)
		must(store.Delete(ctx, "a name/with=signs"))
		_, err = store.GetBytes(ctx, "a name/with=signs")
		fails(err, jetstream.ErrObjectNotFound)
	})
}

func services(nc *nats.Conn, _ jetstream.JetStream) {
	check("services", "an endpoint answers, and counts", func(context.Context) {
		service, err := micro.AddService(nc, micro.Config{Name: "math", Version: "1.0.0"})
		must(err)
		defer service.Stop()
		must(service.AddEndpoint("double", micro.HandlerFunc(func(request micro.Request) {
			request.Respond(append(request.Data(), request.Data()...))
		})))
		reply, err := nc.Request("double", []byte("ab"), 5*time.Second)
		must(err)
		same(string(reply.Data), "abab")
		pong, err := nc.Request("$SRV.PING.math", nil, 5*time.Second)
		must(err)
		same(bytes.Contains(pong.Data, []byte(service.Info().ID)), true)
		same(service.Stats().Endpoints[0].NumRequests, 1)
	})
}

func reconnect(address string) {
	check("reconnect", "subscriptions and consumers go on after the wire was cut", func(ctx context.Context) {
		wire := newCuttable(address)
		defer wire.cut(true)
		nc, err := nats.Connect(wire.address(), nats.ReconnectWait(100*time.Millisecond), nats.MaxReconnects(-1))
		must(err)
		defer nc.Close()
		js, err := jetstream.New(nc)
		must(err)
		stream, err := js.CreateStream(ctx, jetstream.StreamConfig{Name: "CUT", Subjects: []string{"cut.*"}})
		must(err)
		consumer, err := stream.CreateConsumer(ctx, jetstream.ConsumerConfig{Durable: "w"})
		must(err)
		var got, heard list
		running, err := consumer.Consume(func(msg jetstream.Msg) {
			got.add(string(msg.Data()))
			msg.Ack()
		})
		must(err)
		defer running.Stop()
		_, err = nc.Subscribe("cut.*", func(msg *nats.Msg) { heard.add(string(msg.Data)) })
		must(err)
		_, err = js.Publish(ctx, "cut.a", []byte("before"))
		must(err)
		until("the first came", func() bool { return len(got.all()) == 1 })
		wire.cut(true)
		until("the cut is noticed", func() bool { return !nc.IsConnected() })
		must(nc.Publish("cut.a", []byte("meanwhile")))
		time.Sleep(300 * time.Millisecond)
		wire.mend()
		until("it is connected again", nc.IsConnected)
		_, err = js.Publish(ctx, "cut.a", []byte("after"))
		must(err)
		until("all came", func() bool { return len(got.all()) == 3 && len(heard.all()) == 3 })
		same(got.all(), []string{"before", "meanwhile", "after"})
		same(heard.all(), []string{"before", "meanwhile", "after"})
	})
}
