package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Row D-302 of the checklist: Consume, Fetch and Messages, and everything around them.
func consumers(nc *nats.Conn, js jetstream.JetStream) {
	setup, cancel := context.WithTimeout(context.Background(), checkTime)
	defer cancel()
	stream, err := js.CreateStream(setup, jetstream.StreamConfig{Name: "C", Subjects: []string{"c.*"}})
	must(err)
	for n := 1; n <= 200; n++ {
		_, err = js.Publish(setup, fmt.Sprintf("c.%d", n%2), []byte(fmt.Sprint(n)))
		must(err)
	}
	durable := func(ctx context.Context, name string, config jetstream.ConsumerConfig) jetstream.Consumer {
		config.Durable = name
		consumer, err := stream.CreateConsumer(ctx, config)
		must(err)
		return consumer
	}

	check("consumers", "create, info, update, list, pause, resume, delete", func(ctx context.Context) {
		consumer := durable(ctx, "managed", jetstream.ConsumerConfig{MaxAckPending: 7})
		same(consumer.CachedInfo().NumPending, uint64(200))
		consumer, err := stream.UpdateConsumer(ctx, jetstream.ConsumerConfig{Durable: "managed", MaxAckPending: 9})
		must(err)
		same(consumer.CachedInfo().Config.MaxAckPending, 9)
		_, err = stream.CreateConsumer(ctx, jetstream.ConsumerConfig{Durable: "managed", MaxAckPending: 3})
		fails(err, jetstream.ErrConsumerExists)
		paused, err := stream.PauseConsumer(ctx, "managed", time.Now().Add(time.Minute))
		must(err)
		same(paused.Paused, true)
		resumed, err := stream.ResumeConsumer(ctx, "managed")
		must(err)
		same(resumed.Paused, false)
		must(stream.DeleteConsumer(ctx, "managed"))
		_, err = stream.Consumer(ctx, "managed")
		fails(err, jetstream.ErrConsumerNotFound)
	})
	check("consumers", "Fetch: by number, by bytes, without waiting, and what there is when time is over", func(ctx context.Context) {
		consumer := durable(ctx, "fetch", jetstream.ConsumerConfig{DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: 101})
		acked := func(batch jetstream.MessageBatch, err error) []string {
			must(err)
			var texts []string
			for msg := range batch.Messages() {
				texts = append(texts, string(msg.Data()))
				must(msg.Ack())
			}
			must(batch.Error())
			return texts
		}
		same(acked(consumer.Fetch(40)), numbers(101, 140))
		same(acked(consumer.FetchNoWait(50)), numbers(141, 190))
		same(acked(consumer.Fetch(50, jetstream.FetchMaxWait(time.Second))), numbers(191, 200))
		same(acked(consumer.FetchNoWait(5)), []string(nil))
		same(acked(consumer.Fetch(5, jetstream.FetchMaxWait(time.Second))), []string(nil))
		few := acked(durable(ctx, "bytes", jetstream.ConsumerConfig{}).FetchBytes(600, jetstream.FetchMaxWait(time.Second)))
		same(len(few) > 1 && len(few) < 20, true)
		same(few, numbers(1, len(few)))
		until("all are acknowledged", func() bool {
			info, err := consumer.Info(ctx)
			must(err)
			return info.NumAckPending == 0 && info.AckFloor.Stream == 200 && info.AckFloor.Consumer == 100
		})
	})
	check("consumers", "Fetch: heartbeats while nothing comes", func(ctx context.Context) {
		consumer := durable(ctx, "beats", jetstream.ConsumerConfig{FilterSubject: "c.none"})
		batch, err := consumer.Fetch(5, jetstream.FetchMaxWait(3*time.Second), jetstream.FetchHeartbeat(500*time.Millisecond))
		must(err)
		for msg := range batch.Messages() {
			fail("%s came", msg.Subject())
		}
		must(batch.Error())
	})
	check("consumers", "Next: a message with what the server knows of it", func(ctx context.Context) {
		consumer := durable(ctx, "next", jetstream.ConsumerConfig{FilterSubject: "c.0"})
		msg, err := consumer.Next()
		must(err)
		known, err := msg.Metadata()
		must(err)
		same([]any{msg.Subject(), string(msg.Data()), known.Sequence.Stream, known.Sequence.Consumer, known.NumDelivered, known.NumPending, known.Stream, known.Consumer},
			[]any{"c.0", "2", uint64(2), uint64(1), uint64(1), uint64(99), "C", "next"})
		must(msg.DoubleAck(ctx))
		info, err := consumer.Info(ctx)
		must(err)
		same(info.AckFloor.Stream, uint64(2))
	})
	check("consumers", "Consume: everything there is and everything that comes, over many pulls", func(ctx context.Context) {
		consumer := durable(ctx, "consume", jetstream.ConsumerConfig{FilterSubject: "c.*"})
		var got, alarms list
		running, err := consumer.Consume(func(msg jetstream.Msg) {
			got.add(string(msg.Data()))
			msg.Ack()
		}, jetstream.PullMaxMessages(30), jetstream.PullExpiry(time.Second), jetstream.PullHeartbeat(500*time.Millisecond),
			jetstream.ConsumeErrHandler(func(_ jetstream.ConsumeContext, err error) { alarms.add(err.Error()) }))
		must(err)
		until("the backlog", func() bool { return len(got.all()) == 200 })
		time.Sleep(2500 * time.Millisecond)
		for n := 201; n <= 205; n++ {
			_, err := js.Publish(ctx, "c.1", []byte(fmt.Sprint(n)))
			must(err)
		}
		until("the late ones", func() bool { return len(got.all()) == 205 })
		same(got.all(), numbers(1, 205))
		same(alarms.all(), []string(nil))
		running.Drain()
		<-running.Closed()
	})
	check("consumers", "Messages: an iterator, stopped and drained", func(ctx context.Context) {
		consumer := durable(ctx, "messages", jetstream.ConsumerConfig{})
		iterator, err := consumer.Messages(jetstream.PullMaxMessages(25))
		must(err)
		var got []string
		for range 205 {
			msg, err := iterator.Next()
			must(err)
			got = append(got, string(msg.Data()))
			must(msg.Ack())
		}
		same(got, numbers(1, 205))
		iterator.Stop()
		_, err = iterator.Next()
		fails(err, jetstream.ErrMsgIteratorClosed)
	})
	check("consumers", "Messages end when the consumer is deleted", func(ctx context.Context) {
		consumer := durable(ctx, "gone", jetstream.ConsumerConfig{FilterSubject: "c.none"})
		iterator, err := consumer.Messages(jetstream.PullExpiry(5 * time.Second))
		must(err)
		time.AfterFunc(200*time.Millisecond, func() { stream.DeleteConsumer(ctx, "gone") })
		_, err = iterator.Next()
		fails(err, jetstream.ErrConsumerDeleted)
	})
	check("consumers", "an ordered consumer starts over without loss", func(ctx context.Context) {
		consumer, err := js.OrderedConsumer(ctx, "C", jetstream.OrderedConsumerConfig{})
		must(err)
		iterator, err := consumer.Messages(jetstream.PullMaxMessages(10), jetstream.PullExpiry(2*time.Second))
		must(err)
		var got []string
		for n := range 205 {
			if n == 50 {
				must(stream.DeleteConsumer(ctx, consumer.CachedInfo().Name))
			}
			msg, err := iterator.Next()
			must(err)
			got = append(got, string(msg.Data()))
		}
		same(got, numbers(1, 205))
		iterator.Stop()
	})
	check("consumers", "every answer: ack, nak, nak later, in progress, term, silence", func(ctx context.Context) {
		answers, err := js.CreateStream(ctx, jetstream.StreamConfig{Name: "ANSWERS", Subjects: []string{"answers"}})
		must(err)
		consumer, err := answers.CreateConsumer(ctx, jetstream.ConsumerConfig{Durable: "w", AckWait: time.Second, MaxDeliver: 2})
		must(err)
		for _, text := range []string{"ack", "nak", "later", "progress", "term", "silence"} {
			_, err := js.Publish(ctx, "answers", []byte(text))
			must(err)
		}
		gaveUp, err := nc.SubscribeSync("$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.ANSWERS.w")
		must(err)
		iterator, err := consumer.Messages()
		must(err)
		defer iterator.Stop()
		deliveries := map[string][]time.Time{}
		for range 10 {
			msg, err := iterator.Next()
			must(err)
			text := string(msg.Data())
			deliveries[text] = append(deliveries[text], time.Now())
			switch {
			case text == "ack":
				must(msg.Ack())
			case text == "term":
				must(msg.TermWithReason("no"))
			case text == "silence":
			case len(deliveries[text]) > 1:
				must(msg.Ack())
			case text == "nak":
				must(msg.Nak())
			case text == "later":
				must(msg.NakWithDelay(400 * time.Millisecond))
			case text == "progress":
				time.AfterFunc(600*time.Millisecond, func() { msg.InProgress() })
			}
		}
		count := func(text string) int { return len(deliveries[text]) }
		same([]int{count("ack"), count("nak"), count("later"), count("progress"), count("term"), count("silence")}, []int{1, 2, 2, 2, 1, 2})
		apart := func(text string) time.Duration { return deliveries[text][1].Sub(deliveries[text][0]) }
		same([]bool{apart("later") >= 380*time.Millisecond, apart("silence") >= 950*time.Millisecond, apart("progress") >= 1500*time.Millisecond}, []bool{true, true, true})
		_, err = gaveUp.NextMsg(5 * time.Second)
		must(err)
	})
}

// A consumer that has nothing to give for minutes says so by heartbeats, and nobody is alarmed.
func idle(_ *nats.Conn, js jetstream.JetStream) {
	const quiet = 125 * time.Second
	setup, cancel := context.WithTimeout(context.Background(), checkTime)
	defer cancel()
	stream, err := js.CreateStream(setup, jetstream.StreamConfig{Name: "QUIET", Subjects: []string{"quiet.*"}})
	must(err)
	var got, alarms list
	consumer, err := stream.CreateConsumer(setup, jetstream.ConsumerConfig{Durable: "consume"})
	must(err)
	running, err := consumer.Consume(func(msg jetstream.Msg) {
		got.add("consume " + string(msg.Data()))
		msg.Ack()
	}, jetstream.ConsumeErrHandler(func(_ jetstream.ConsumeContext, err error) { alarms.add(err.Error()) }))
	must(err)
	other, err := stream.CreateConsumer(setup, jetstream.ConsumerConfig{Durable: "messages"})
	must(err)
	iterator, err := other.Messages()
	must(err)
	go func() {
		for {
			msg, err := iterator.Next()
			if errors.Is(err, jetstream.ErrMsgIteratorClosed) {
				return
			}
			if err != nil {
				alarms.add(err.Error())
				continue
			}
			got.add("messages " + string(msg.Data()))
			msg.Ack()
		}
	}()
	time.Sleep(quiet)
	check("idle", "Consume and Messages wait two minutes without an alarm, then get the next message", func(ctx context.Context) {
		same(alarms.all(), []string(nil))
		_, err := js.Publish(ctx, "quiet.a", []byte("late"))
		must(err)
		until("both have it", func() bool { return len(got.all()) == 2 })
		same(alarms.all(), []string(nil))
	})
	running.Stop()
	iterator.Stop()
}
