package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

func streams(_ *nats.Conn, js jetstream.JetStream) {
	check("streams", "create, info, update, list, purge, delete", func(ctx context.Context) {
		config := jetstream.StreamConfig{Name: "S", Subjects: []string{"s.*"}, MaxMsgs: 10, Storage: jetstream.MemoryStorage}
		stream, err := js.CreateStream(ctx, config)
		must(err)
		for n := 1; n <= 12; n++ {
			ack, err := js.Publish(ctx, "s.a", []byte(fmt.Sprint(n)))
			must(err)
			same([]any{ack.Stream, ack.Sequence, ack.Duplicate}, []any{"S", uint64(n), false})
		}
		info, err := stream.Info(ctx)
		must(err)
		same([]uint64{info.State.Msgs, info.State.FirstSeq, info.State.LastSeq}, []uint64{10, 3, 12})
		config.MaxMsgs = 5
		stream, err = js.UpdateStream(ctx, config)
		must(err)
		info, err = stream.Info(ctx)
		must(err)
		same([]uint64{info.State.Msgs, info.State.FirstSeq}, []uint64{5, 8})
		var names []string
		for name := range js.StreamNames(ctx).Name() {
			names = append(names, name)
		}
		same(names, []string{"S"})
		must(stream.Purge(ctx, jetstream.WithPurgeKeep(1)))
		msg, err := stream.GetMsg(ctx, 12)
		must(err)
		same(string(msg.Data), "12")
		_, err = stream.GetMsg(ctx, 8)
		fails(err, jetstream.ErrMsgNotFound)
		must(js.DeleteStream(ctx, "S"))
		_, err = js.Stream(ctx, "S")
		fails(err, jetstream.ErrStreamNotFound)
	})
	check("streams", "a duplicate, a wrong expectation, and no stream", func(ctx context.Context) {
		_, err := js.CreateStream(ctx, jetstream.StreamConfig{Name: "D", Subjects: []string{"d"}})
		must(err)
		_, err = js.Publish(ctx, "d", nil, jetstream.WithMsgID("one"))
		must(err)
		again, err := js.Publish(ctx, "d", nil, jetstream.WithMsgID("one"))
		must(err)
		same([]any{again.Duplicate, again.Sequence}, []any{true, uint64(1)})
		_, err = js.Publish(ctx, "d", nil, jetstream.WithExpectLastSequence(7))
		var refused *jetstream.APIError
		same(errors.As(err, &refused), true)
		same(refused.ErrorCode, jetstream.JSErrCodeStreamWrongLastSequence)
		_, err = js.Publish(ctx, "nowhere", nil)
		fails(err, jetstream.ErrNoStreamResponse)
	})
	check("streams", "publish async: 10,000 acknowledged, in order", func(ctx context.Context) {
		_, err := js.CreateStream(ctx, jetstream.StreamConfig{Name: "A", Subjects: []string{"a"}, Storage: jetstream.MemoryStorage})
		must(err)
		var futures []jetstream.PubAckFuture
		for n := 0; n < 10_000; n++ {
			future, err := js.PublishAsync("a", []byte("x"))
			must(err)
			futures = append(futures, future)
		}
		select {
		case <-js.PublishAsyncComplete():
		case <-time.After(30 * time.Second):
			fail("%d are not acknowledged", js.PublishAsyncPending())
		}
		for n, future := range futures {
			select {
			case ack := <-future.Ok():
				same(ack.Sequence, uint64(n+1))
			case err := <-future.Err():
				fail("%v", err)
			}
		}
	})
}
