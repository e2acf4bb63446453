// 23 streams, 53 consumers, 4 key-value buckets, 3 object stores, as made in JetStream Lab. Messages stay where they are.
// Go, with github.com/nats-io/nats.go 1.41 or newer. Running it again changes nothing.
package main

import (
	"context"
	"log"
	"os"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

func main() {
	url := nats.DefaultURL
	if len(os.Args) > 1 {
		url = os.Args[1]
	}
	nc, err := nats.Connect(url)
	if err != nil {
		log.Fatal(err)
	}
	defer nc.Close()
	if err := create(context.Background(), nc); err != nil {
		log.Fatal(err)
	}
}

func create(ctx context.Context, nc *nats.Conn) error {
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	legacy, err := nc.JetStream()
	if err != nil {
		return err
	}

	if _, err := js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket: "bucket-18",
		History: 8,
	}); err != nil {
		return err
	}

	if _, err := js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: "KV_bucket-30",
		Subjects: []string{"$KV.bucket-30.>"},
		MaxMsgsPerSubject: 1,
		Discard: jetstream.DiscardNew,
		Compression: jetstream.S2Compression,
		AllowDirect: true,
		DenyDelete: true,
		AllowRollup: true,
		Metadata: map[string]string{"owner": "shop", "team": "#{x} %s {}"},
	}); err != nil {
		return err
	}
	if _, err := legacy.AddConsumer("KV_bucket-30", &nats.ConsumerConfig{
		Durable: "c0",
		DeliverSubject: "out30.c0",
		DeliverPolicy: nats.DeliverAllPolicy,
		AckPolicy: nats.AckExplicitPolicy,
		MaxDeliver: 4,
		InactiveThreshold: 8784 * time.Hour,
		HeadersOnly: true,
	}); err != nil {
		return err
	}
	if _, err := js.CreateOrUpdateConsumer(ctx, "KV_bucket-30", jetstream.ConsumerConfig{
		Durable: "c1",
		DeliverPolicy: jetstream.DeliverAllPolicy,
		AckPolicy: jetstream.AckNonePolicy,
	}); err != nil {
		return err
	}

	if _, err := js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket: "bucket-34",
		History: 4,
		MaxValueSize: 512,
		MaxBytes: 1048576,
		Storage: jetstream.MemoryStorage,
	}); err != nil {
		return err
	}
	// left out: consumer KV_bucket-34 c0: pause_until
	if _, err := legacy.AddConsumer("KV_bucket-34", &nats.ConsumerConfig{
		Durable: "c0",
		Description: "$HOME `ls` \\ end\\",
		DeliverSubject: "out34.c0",
		DeliverGroup: "workers",
		DeliverPolicy: nats.DeliverAllPolicy,
		AckPolicy: nats.AckNonePolicy,
	}); err != nil {
		return err
	}
	if _, err := js.CreateOrUpdateConsumer(ctx, "KV_bucket-34", jetstream.ConsumerConfig{
		Durable: "c1",
		Description: "*/ // # <!-- ${x} {{Count}}",
		DeliverPolicy: jetstream.DeliverAllPolicy,
		AckPolicy: jetstream.AckExplicitPolicy,
		MaxAckPending: -1,
		MaxRequestExpires: 30 * time.Second,
		FilterSubject: "s34.>",
	}); err != nil {
		return err
	}
	if _, err := js.CreateOrUpdateConsumer(ctx, "KV_bucket-34", jetstream.ConsumerConfig{
		Durable: "c2",
		DeliverPolicy: jetstream.DeliverAllPolicy,
		AckPolicy: jetstream.AckExplicitPolicy,
		BackOff: []time.Duration{4 * time.Second, 5666666665 * time.Nanosecond, 7333333330 * time.Nanosecond},
		MaxWaiting: 7,
		ReplayPolicy: jetstream.ReplayOriginalPolicy,
		SampleFrequency: "50",
	}); err != nil {
		return err
	}

	if _, err := js.CreateOrUpdateKeyValue(ctx, jetstream.KeyValueConfig{
		Bucket: "bucket-8",
		History: 8,
		TTL: 7992 * time.Hour,
		MaxBytes: 1048576,
		Compression: true,
	}); err != nil {
		return err
	}
	if _, err := legacy.AddConsumer("KV_bucket-8", &nats.ConsumerConfig{
		Durable: "c0",
		DeliverSubject: "out8.c0",
		DeliverGroup: "workers",
		DeliverPolicy: nats.DeliverAllPolicy,
		AckPolicy: nats.AckExplicitPolicy,
		FilterSubject: "s8.>",
		SampleFrequency: "50",
		RateLimit: 100000,
		Metadata: map[string]string{"k=v": "$HOME `ls` \\ end\\", "owner": "shop"},
	}); err != nil {
		return err
	}
	if _, err := js.CreateOrUpdateConsumer(ctx, "KV_bucket-8", jetstream.ConsumerConfig{
		Durable: "c1",
		DeliverPolicy: jetstream.DeliverAllPolicy,
		AckPolicy: jetstream.AckExplicitPolicy,
		MaxDeliver: 7,
		BackOff: []time.Duration{3 * time.Second, 4999999998 * time.Nanosecond},
		MaxRequestBatch: 20,
		MaxRequestMaxBytes: 4096,
	}); err != nil {
		return err
	}

	if _, err := js.CreateOrUpdateObjectStore(ctx, jetstream.ObjectStoreConfig{
		Bucket: "files-12",
		TTL: 3024 * time.Hour,
		Storage: jetstream.MemoryStorage,
		Metadata: map[string]string{"k=v": "#{x} %s {}", "owner": "shop"},
	}); err != nil {
		return err
	}
	if _, err := legacy.AddConsumer("OBJ_files-12", &nats.ConsumerConfig{
		Durable: "c0",
		DeliverSubject: "out12.c0",
		DeliverPolicy: nats.DeliverAllPolicy,
		AckPolicy: nats.AckNonePolicy,
		FilterSubject: "s12.>",
		ReplayPolicy: nats.ReplayOriginalPolicy,
		FlowControl: true,
		Heartbeat: 5 * time.Second,
	}); err != nil {
		return err
	}
	if _, err := legacy.AddConsumer("OBJ_files-12", &nats.ConsumerConfig{
		Durable: "c1",
		DeliverSubject: "out12.c1",
		DeliverPolicy: nats.DeliverLastPolicy,
		AckPolicy: nats.AckExplicitPolicy,
		AckWait: 96 * time.Hour,
	}); err != nil {
		return err
	}

	if _, err := js.CreateOrUpdateObjectStore(ctx, jetstream.ObjectStoreConfig{
		Bucket: "files-13",
		MaxBytes: 5000000,
	}); err != nil {
		return err
	}
	if _, err := js.CreateOrUpdateConsumer(ctx, "OBJ_files-13", jetstream.ConsumerConfig{
		Durable: "c0",
		DeliverPolicy: jetstream.DeliverLastPerSubjectPolicy,
		AckPolicy: jetstream.AckExplicitPolicy,
		AckWait: 6096 * time.Hour,
		MaxAckPending: 5,
		MaxWaiting: 7,
		FilterSubject: "s13.>",
	}); err != nil {
		return err
	}
	if _, err := legacy.AddConsumer("OBJ_files-13", &nats.ConsumerConfig{
		Durable: "c1",
		DeliverSubject: "out13.c1",
		DeliverPolicy: nats.DeliverAllPolicy,
		AckPolicy: nats.AckExplicitPolicy,
		BackOff: []time.Duration{7 * time.Second, 8999999998 * time.Nanosecond, 10999999996 * time.Nanosecond},
		FilterSubject: "s13.>",
		HeadersOnly: true,
	}); err != nil {
		return err
	}
	if _, err := js.CreateOrUpdateConsumer(ctx, "OBJ_files-13", jetstream.ConsumerConfig{
		Durable: "c2",
		DeliverPolicy: jetstream.DeliverAllPolicy,
		AckPolicy: jetstream.AckExplicitPolicy,
		MaxDeliver: 9,
		MaxAckPending: 1,
		MaxRequestBatch: 20,
		SampleFrequency: "100%",
	}); err != nil {
		return err
	}

	if _, err := js.CreateOrUpdateObjectStore(ctx, jetstream.ObjectStoreConfig{
		Bucket: "files-15",
		Metadata: map[string]string{"owner": "shop", "team": "'"},
	}); err != nil {
		return err
	}
	if _, err := legacy.AddConsumer("OBJ_files-15", &nats.ConsumerConfig{
		Durable: "c0",
		DeliverSubject: "out15.c0",
		DeliverGroup: "workers",
		DeliverPolicy: nats.DeliverAllPolicy,
		AckPolicy: nats.AckExplicitPolicy,
		MaxAckPending: 50000,
		FilterSubjects: []string{"s15.a", "s15.b.*"},
		ReplayPolicy: nats.ReplayOriginalPolicy,
	}); err != nil {
		return err
	}
	if _, err := js.CreateOrUpdateConsumer(ctx, "OBJ_files-15", jetstream.ConsumerConfig{
		Durable: "c1",
		Description: "*/ // # <!-- ${x} {{Count}}",
		DeliverPolicy: jetstream.DeliverAllPolicy,
		AckPolicy: jetstream.AckNonePolicy,
		MaxWaiting: 7,
		ReplayPolicy: jetstream.ReplayOriginalPolicy,
		MemoryStorage: true,
	}); err != nil {
		return err
	}

	// left out: stream S0: allow_atomic
	if _, err := js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: "S0",
		Subjects: []string{"s0.>"},
		Discard: jetstream.DiscardNew,
		Duplicates: 61217304216 * time.Nanosecond,
		SubjectTransform: &jetstream.SubjectTransformConfig{
			Source: "s0.*.x",
			Destination: "s0.y.{{wildcard(1)}}",
		},
		AllowDirect: true,
		DenyDelete: true,
		AllowRollup: true,
	}); err != nil {
		return err
	}
	if _, err := js.CreateOrUpdateConsumer(ctx, "S0", jetstream.ConsumerConfig{
		Durable: "c0",
		DeliverPolicy: jetstream.DeliverLastPolicy,
		AckPolicy: jetstream.AckAllPolicy,
		AckWait: 202 * time.Second,
		MaxRequestMaxBytes: 4096,
		FilterSubject: "s0.>",
		ReplayPolicy: jetstream.ReplayOriginalPolicy,
	}); err != nil {
		return err
	}
	if _, err := js.CreateOrUpdateConsumer(ctx, "S0", jetstream.ConsumerConfig{
		Durable: "c1",
		DeliverPolicy: jetstream.DeliverLastPolicy,
		AckPolicy: jetstream.AckExplicitPolicy,
		AckWait: 78 * time.Hour,
		InactiveThreshold: 63 * time.Hour,
	}); err != nil {
		return err
	}
	if _, err := js.CreateOrUpdateConsumer(ctx, "S0", jetstream.ConsumerConfig{
		Durable: "c2",
		Description: "-f",
		DeliverPolicy: jetstream.DeliverAllPolicy,
		AckPolicy: jetstream.AckExplicitPolicy,
		FilterSubject: "s0.>",
		Replicas: 1,
		MemoryStorage: true,
		PauseUntil: moment("2027-01-01T00:00:00.25Z"),
		PriorityPolicy: jetstream.PriorityPolicyPinned,
		PriorityGroups: []string{"jobs"},
		PinnedTTL: 2 * time.Minute,
	}); err != nil {
		return err
	}

	// left out: stream S1: allow_atomic
	// left out: stream S1: allow_batched
	if _, err := js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: "S1",
		Subjects: []string{"s1.>"},
		Retention: jetstream.InterestPolicy,
		MaxMsgsPerSubject: 5,
		Duplicates: 13826738017 * time.Nanosecond,
		DenyDelete: true,
		AllowRollup: true,
		ConsumerLimits: jetstream.StreamConsumerLimits{
			InactiveThreshold: 1 * time.Minute,
			MaxAckPending: 50,
		},
		AllowMsgTTL: true,
		SubjectDeleteMarkerTTL: 1 * time.Second,
	}); err != nil {
		return err
	}
	if _, err := legacy.AddConsumer("S1", &nats.ConsumerConfig{
		Durable: "c0",
		DeliverSubject: "out1.c0",
		DeliverPolicy: nats.DeliverAllPolicy,
		AckPolicy: nats.AckExplicitPolicy,
		AckWait: 495452823654 * time.Nanosecond,
		MaxAckPending: 50,
		InactiveThreshold: 1 * time.Minute,
		FilterSubjects: []string{"s1.a", "s1.b.*"},
	}); err != nil {
		return err
	}
	if _, err := legacy.AddConsumer("S1", &nats.ConsumerConfig{
		Durable: "c1",
		DeliverSubject: "out1.c1",
		DeliverPolicy: nats.DeliverAllPolicy,
		AckPolicy: nats.AckExplicitPolicy,
		BackOff: []time.Duration{1 * time.Second, 5 * time.Second, 6 * time.Second},
		MaxAckPending: -1,
		InactiveThreshold: 1 * time.Minute,
		FilterSubject: "s1.>",
	}); err != nil {
		return err
	}
	if _, err := js.CreateOrUpdateConsumer(ctx, "S1", jetstream.ConsumerConfig{
		Durable: "c2",
		DeliverPolicy: jetstream.DeliverAllPolicy,
		AckPolicy: jetstream.AckAllPolicy,
		AckWait: 247 * time.Second,
		MaxAckPending: 50,
		MaxRequestExpires: 30 * time.Second,
		InactiveThreshold: 1 * time.Minute,
		ReplayPolicy: jetstream.ReplayOriginalPolicy,
	}); err != nil {
		return err
	}

	if _, err := js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: "S11",
		Subjects: []string{"s11.>"},
		Retention: jetstream.InterestPolicy,
		MaxMsgsPerSubject: 1,
		Duplicates: 58264035539 * time.Nanosecond,
		Compression: jetstream.S2Compression,
		FirstSeq: 100,
	}); err != nil {
		return err
	}

	if _, err := js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: "S14",
		Description: "it's \"quoted\"",
		Subjects: []string{"s14.>"},
		Compression: jetstream.S2Compression,
		AllowDirect: true,
		AllowMsgTTL: true,
	}); err != nil {
		return err
	}
	if _, err := js.CreateOrUpdateConsumer(ctx, "S14", jetstream.ConsumerConfig{
		Durable: "c0",
		DeliverPolicy: jetstream.DeliverAllPolicy,
		AckPolicy: jetstream.AckExplicitPolicy,
		MaxWaiting: 7,
		FilterSubject: "s14.>",
		HeadersOnly: true,
	}); err != nil {
		return err
	}
	if _, err := legacy.AddConsumer("S14", &nats.ConsumerConfig{
		Durable: "c1",
		Description: "-f",
		DeliverSubject: "out14.c1",
		DeliverGroup: "workers",
		DeliverPolicy: nats.DeliverByStartTimePolicy,
		OptStartTime: moment("2026-11-20T10:00:00.123456789Z"),
		AckPolicy: nats.AckExplicitPolicy,
		BackOff: []time.Duration{1 * time.Second, 5 * time.Second, 6 * time.Second},
		FilterSubjects: []string{"s14.a", "s14.b.*"},
		MemoryStorage: true,
	}); err != nil {
		return err
	}

	if _, err := js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: "S16",
		Description: "#{x} %s {}",
		Subjects: []string{"s16.*", "t16.>"},
		MaxMsgs: 10,
		Compression: jetstream.S2Compression,
		AllowRollup: true,
		AllowMsgTTL: true,
		SubjectDeleteMarkerTTL: 1 * time.Second,
	}); err != nil {
		return err
	}
	if _, err := js.CreateOrUpdateConsumer(ctx, "S16", jetstream.ConsumerConfig{
		Durable: "c0",
		DeliverPolicy: jetstream.DeliverNewPolicy,
		AckPolicy: jetstream.AckAllPolicy,
		BackOff: []time.Duration{1 * time.Second, 5 * time.Second, 6 * time.Second},
		MaxRequestBatch: 20,
		MaxRequestExpires: 30 * time.Second,
		MaxRequestMaxBytes: 4096,
		FilterSubjects: []string{"s16.a", "s16.b.*"},
	}); err != nil {
		return err
	}
	if _, err := legacy.AddConsumer("S16", &nats.ConsumerConfig{
		Durable: "c1",
		DeliverSubject: "out16.c1",
		DeliverPolicy: nats.DeliverByStartTimePolicy,
		OptStartTime: moment("2026-11-20T10:00:00.123456789Z"),
		AckPolicy: nats.AckExplicitPolicy,
		AckWait: 126 * time.Second,
		MaxDeliver: 4,
		MaxAckPending: 50000,
	}); err != nil {
		return err
	}
	if _, err := js.CreateOrUpdateConsumer(ctx, "S16", jetstream.ConsumerConfig{
		Durable: "c2",
		DeliverPolicy: jetstream.DeliverAllPolicy,
		AckPolicy: jetstream.AckNonePolicy,
		MaxWaiting: 7,
		MemoryStorage: true,
	}); err != nil {
		return err
	}

	if _, err := js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: "S19",
		Subjects: []string{"s19.>"},
		MaxBytes: 1000001,
		MaxAge: 5592 * time.Hour,
		MaxMsgsPerSubject: 1,
		MaxMsgSize: 1024,
		Discard: jetstream.DiscardNew,
		Storage: jetstream.MemoryStorage,
		FirstSeq: 100,
		Metadata: map[string]string{"a b": "two\nlines\tand a tab", "owner": "shop"},
	}); err != nil {
		return err
	}
	if _, err := js.CreateOrUpdateConsumer(ctx, "S19", jetstream.ConsumerConfig{
		Durable: "c0",
		DeliverPolicy: jetstream.DeliverLastPolicy,
		AckPolicy: jetstream.AckExplicitPolicy,
		MaxDeliver: 7,
		BackOff: []time.Duration{9 * time.Second, 9 * time.Second, 9 * time.Second, 9 * time.Second},
		MaxRequestBatch: 20,
		MaxRequestMaxBytes: 4096,
		FilterSubject: "s19.>",
		Replicas: 1,
	}); err != nil {
		return err
	}

	// left out: stream S2: allow_atomic
	if _, err := js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: "S2",
		Subjects: []string{"s2.>"},
		MaxMsgsPerSubject: 1,
		Discard: jetstream.DiscardNew,
		DiscardNewPerSubject: true,
		SubjectTransform: &jetstream.SubjectTransformConfig{
			Source: "s2.*.x",
			Destination: "s2.y.{{wildcard(1)}}",
		},
		AllowDirect: true,
	}); err != nil {
		return err
	}
	if _, err := js.CreateOrUpdateConsumer(ctx, "S2", jetstream.ConsumerConfig{
		Durable: "c0",
		DeliverPolicy: jetstream.DeliverAllPolicy,
		AckPolicy: jetstream.AckNonePolicy,
		InactiveThreshold: 88 * time.Hour,
		FilterSubject: "s2.>",
		ReplayPolicy: jetstream.ReplayOriginalPolicy,
	}); err != nil {
		return err
	}
	if _, err := legacy.AddConsumer("S2", &nats.ConsumerConfig{
		Durable: "c1",
		DeliverSubject: "out2.c1",
		DeliverGroup: "workers",
		DeliverPolicy: nats.DeliverLastPerSubjectPolicy,
		AckPolicy: nats.AckNonePolicy,
		FilterSubject: "s2.>",
		HeadersOnly: true,
		Replicas: 1,
	}); err != nil {
		return err
	}

	if _, err := js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: "S10",
		MaxMsgSize: 999,
		Discard: jetstream.DiscardNew,
		Storage: jetstream.MemoryStorage,
		Mirror: &jetstream.StreamSource{
			Name: "S2",
		},
		MirrorDirect: true,
	}); err != nil {
		return err
	}
	if _, err := legacy.AddConsumer("S10", &nats.ConsumerConfig{
		Durable: "c0",
		DeliverSubject: "out10.c0",
		DeliverPolicy: nats.DeliverAllPolicy,
		AckPolicy: nats.AckExplicitPolicy,
		MaxDeliver: 9,
		RateLimit: 100000,
		Heartbeat: 5 * time.Second,
	}); err != nil {
		return err
	}
	if _, err := js.CreateOrUpdateConsumer(ctx, "S10", jetstream.ConsumerConfig{
		Durable: "c1",
		DeliverPolicy: jetstream.DeliverLastPerSubjectPolicy,
		AckPolicy: jetstream.AckExplicitPolicy,
		InactiveThreshold: 7272 * time.Hour,
		FilterSubject: "s10.>",
		Replicas: 1,
	}); err != nil {
		return err
	}

	// left out: stream S20: allow_msg_counter
	if _, err := js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: "S20",
		Subjects: []string{"s20.>"},
		MaxMsgs: 12345678,
		Duplicates: 0 * time.Hour,
		Sources: []*jetstream.StreamSource{
			&jetstream.StreamSource{
				Name: "S1",
				External: &jetstream.ExternalStream{
					APIPrefix: "$JS.hub.API",
				},
			},
		},
		DenyDelete: true,
	}); err != nil {
		return err
	}
	if _, err := js.CreateOrUpdateConsumer(ctx, "S20", jetstream.ConsumerConfig{
		Durable: "c0",
		DeliverPolicy: jetstream.DeliverAllPolicy,
		AckPolicy: jetstream.AckExplicitPolicy,
		AckWait: 2736 * time.Hour,
		MaxAckPending: 1,
		ReplayPolicy: jetstream.ReplayOriginalPolicy,
		Replicas: 1,
		Metadata: map[string]string{"owner": "shop", "team": "-f"},
	}); err != nil {
		return err
	}

	// left out: stream S21: allow_atomic
	if _, err := js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: "S21",
		Subjects: []string{"s21.>"},
		Retention: jetstream.WorkQueuePolicy,
		MaxMsgs: 12345678,
		MaxMsgsPerSubject: 1,
		Discard: jetstream.DiscardNew,
		Duplicates: 0 * time.Hour,
		Sources: []*jetstream.StreamSource{
			&jetstream.StreamSource{
				Name: "S11",
				External: &jetstream.ExternalStream{
					APIPrefix: "$JS.hub.API",
				},
			},
		},
		RePublish: &jetstream.RePublish{
			Source: "s21.>",
			Destination: "copy21.>",
			HeadersOnly: true,
		},
	}); err != nil {
		return err
	}

	if _, err := js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: "S23",
		Subjects: []string{"s23.*", "t23.>"},
		MaxBytes: 1000001,
		MaxAge: 4296 * time.Hour,
		Duplicates: 70355405824 * time.Nanosecond,
		AllowDirect: true,
		DenyPurge: true,
		ConsumerLimits: jetstream.StreamConsumerLimits{
			InactiveThreshold: 1 * time.Minute,
			MaxAckPending: 50,
		},
	}); err != nil {
		return err
	}
	if _, err := js.CreateOrUpdateConsumer(ctx, "S23", jetstream.ConsumerConfig{
		Durable: "c0",
		DeliverPolicy: jetstream.DeliverAllPolicy,
		AckPolicy: jetstream.AckExplicitPolicy,
		MaxAckPending: 50,
		InactiveThreshold: 1 * time.Minute,
		FilterSubjects: []string{"s23.a", "s23.b.*"},
	}); err != nil {
		return err
	}
	if _, err := js.CreateOrUpdateConsumer(ctx, "S23", jetstream.ConsumerConfig{
		Durable: "c2",
		Description: "über 🎈 ☃",
		DeliverPolicy: jetstream.DeliverAllPolicy,
		AckPolicy: jetstream.AckAllPolicy,
		MaxAckPending: 50,
		MaxRequestMaxBytes: 4096,
		InactiveThreshold: 1 * time.Minute,
		FilterSubject: "s23.>",
		HeadersOnly: true,
		Metadata: map[string]string{"a b": "'", "owner": "shop"},
	}); err != nil {
		return err
	}

	if _, err := js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: "S24",
		Discard: jetstream.DiscardNew,
		Mirror: &jetstream.StreamSource{
			Name: "S0",
			SubjectTransforms: []jetstream.SubjectTransformConfig{
				jetstream.SubjectTransformConfig{
					Source: "q.>",
					Destination: "s24.>",
				},
			},
		},
		AllowDirect: true,
		MirrorDirect: true,
		DenyPurge: true,
		AllowMsgTTL: true,
	}); err != nil {
		return err
	}
	if _, err := legacy.AddConsumer("S24", &nats.ConsumerConfig{
		Durable: "c0",
		Description: "'",
		DeliverSubject: "out24.c0",
		DeliverPolicy: nats.DeliverAllPolicy,
		AckPolicy: nats.AckExplicitPolicy,
		AckWait: 41 * time.Second,
		FilterSubjects: []string{"s24.a", "s24.b.*"},
		ReplayPolicy: nats.ReplayOriginalPolicy,
		SampleFrequency: "100%",
		Heartbeat: 5 * time.Second,
	}); err != nil {
		return err
	}

	// left out: stream S25: allow_atomic
	if _, err := js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: "S25",
		Subjects: []string{"s25.>"},
		MaxConsumers: 9,
		Discard: jetstream.DiscardNew,
		Compression: jetstream.S2Compression,
		AllowDirect: true,
		AllowRollup: true,
		ConsumerLimits: jetstream.StreamConsumerLimits{
			InactiveThreshold: 1 * time.Minute,
			MaxAckPending: 50,
		},
	}); err != nil {
		return err
	}
	if _, err := legacy.AddConsumer("S25", &nats.ConsumerConfig{
		Durable: "c0",
		DeliverSubject: "out25.c0",
		DeliverGroup: "workers",
		DeliverPolicy: nats.DeliverAllPolicy,
		AckPolicy: nats.AckExplicitPolicy,
		MaxDeliver: 7,
		BackOff: []time.Duration{5 * time.Second, 6333333332 * time.Nanosecond, 7666666664 * time.Nanosecond, 8999999996 * time.Nanosecond},
		MaxAckPending: 1,
		InactiveThreshold: 1 * time.Minute,
	}); err != nil {
		return err
	}
	if _, err := js.CreateOrUpdateConsumer(ctx, "S25", jetstream.ConsumerConfig{
		Durable: "c1",
		DeliverPolicy: jetstream.DeliverAllPolicy,
		AckPolicy: jetstream.AckNonePolicy,
		MaxAckPending: 50,
		MaxWaiting: 7,
		InactiveThreshold: 1 * time.Minute,
		ReplayPolicy: jetstream.ReplayOriginalPolicy,
	}); err != nil {
		return err
	}
	if _, err := legacy.AddConsumer("S25", &nats.ConsumerConfig{
		Durable: "c2",
		Description: "@file",
		DeliverSubject: "out25.c2",
		DeliverPolicy: nats.DeliverAllPolicy,
		AckPolicy: nats.AckAllPolicy,
		AckWait: 73520885982 * time.Nanosecond,
		MaxAckPending: 1,
		InactiveThreshold: 1 * time.Minute,
		FilterSubject: "s25.>",
		SampleFrequency: "100%",
		Replicas: 1,
	}); err != nil {
		return err
	}

	if _, err := js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: "S26",
		Description: "plain words",
		Subjects: []string{"s26.>"},
		MaxMsgsPerSubject: 1,
		Discard: jetstream.DiscardNew,
		DiscardNewPerSubject: true,
		SubjectTransform: &jetstream.SubjectTransformConfig{
			Source: "s26.*.x",
			Destination: "s26.y.{{wildcard(1)}}",
		},
	}); err != nil {
		return err
	}
	if _, err := js.CreateOrUpdateConsumer(ctx, "S26", jetstream.ConsumerConfig{
		Durable: "c0",
		DeliverPolicy: jetstream.DeliverAllPolicy,
		AckPolicy: jetstream.AckExplicitPolicy,
		MaxRequestMaxBytes: 4096,
		FilterSubject: "s26.>",
	}); err != nil {
		return err
	}
	if _, err := legacy.AddConsumer("S26", &nats.ConsumerConfig{
		Durable: "c1",
		DeliverSubject: "out26.c1",
		DeliverGroup: "workers",
		DeliverPolicy: nats.DeliverByStartSequencePolicy,
		OptStartSeq: 4,
		AckPolicy: nats.AckAllPolicy,
		BackOff: []time.Duration{1 * time.Second, 5 * time.Second, 6 * time.Second},
		SampleFrequency: "100%",
	}); err != nil {
		return err
	}

	if _, err := js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: "S27",
		Subjects: []string{"s27.a,b"},
		Discard: jetstream.DiscardNew,
		DenyDelete: true,
		ConsumerLimits: jetstream.StreamConsumerLimits{
			InactiveThreshold: 1 * time.Hour,
		},
		AllowMsgTTL: true,
	}); err != nil {
		return err
	}
	if _, err := legacy.AddConsumer("S27", &nats.ConsumerConfig{
		Durable: "c0",
		DeliverSubject: "out27.c0",
		DeliverPolicy: nats.DeliverAllPolicy,
		AckPolicy: nats.AckAllPolicy,
		InactiveThreshold: 1 * time.Hour,
		FilterSubjects: []string{"s27.a", "s27.b.*"},
	}); err != nil {
		return err
	}

	if _, err := js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: "S29",
		Subjects: []string{"s29.>"},
		Retention: jetstream.WorkQueuePolicy,
		MaxMsgs: 12345678,
		MaxBytes: 1048576,
		MaxAge: 33 * time.Hour,
		MaxMsgsPerSubject: 1,
		Discard: jetstream.DiscardNew,
		Storage: jetstream.MemoryStorage,
		NoAck: true,
		DenyPurge: true,
	}); err != nil {
		return err
	}

	// left out: stream S3: allow_msg_schedules
	if _, err := js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: "S3",
		Subjects: []string{"s3.>"},
		MaxMsgs: 10,
		MaxMsgSize: 1024,
		Storage: jetstream.MemoryStorage,
		DenyDelete: true,
		AllowRollup: true,
		Metadata: map[string]string{"a b": "plain words", "owner": "shop"},
	}); err != nil {
		return err
	}
	if _, err := js.CreateOrUpdateConsumer(ctx, "S3", jetstream.ConsumerConfig{
		Durable: "c0",
		DeliverPolicy: jetstream.DeliverLastPolicy,
		AckPolicy: jetstream.AckExplicitPolicy,
		MaxDeliver: 9,
		MaxWaiting: 7,
		MaxRequestExpires: 1500 * time.Millisecond,
		MaxRequestMaxBytes: 4096,
		ReplayPolicy: jetstream.ReplayOriginalPolicy,
		Replicas: 1,
	}); err != nil {
		return err
	}
	if _, err := legacy.AddConsumer("S3", &nats.ConsumerConfig{
		Durable: "c1",
		DeliverSubject: "out3.c1",
		DeliverGroup: "workers",
		DeliverPolicy: nats.DeliverAllPolicy,
		AckPolicy: nats.AckAllPolicy,
		BackOff: []time.Duration{9 * time.Second, 11333333331 * time.Nanosecond},
		FilterSubject: "s3.>",
	}); err != nil {
		return err
	}

	// left out: stream S32: sealed
	if _, err := js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: "S32",
		Subjects: []string{"s32.>"},
		Discard: jetstream.DiscardNew,
		Storage: jetstream.MemoryStorage,
		AllowDirect: true,
		DenyDelete: true,
		DenyPurge: true,
		ConsumerLimits: jetstream.StreamConsumerLimits{
			InactiveThreshold: 1 * time.Minute,
			MaxAckPending: 50,
		},
	}); err != nil {
		return err
	}
	if _, err := js.CreateOrUpdateConsumer(ctx, "S32", jetstream.ConsumerConfig{
		Durable: "c0",
		Description: "-f",
		DeliverPolicy: jetstream.DeliverAllPolicy,
		AckPolicy: jetstream.AckExplicitPolicy,
		AckWait: 29517333296 * time.Nanosecond,
		MaxAckPending: 50,
		MaxRequestBatch: 20,
		InactiveThreshold: 1 * time.Minute,
		FilterSubject: "s32.>",
		ReplayPolicy: jetstream.ReplayOriginalPolicy,
		HeadersOnly: true,
		MemoryStorage: true,
	}); err != nil {
		return err
	}
	if _, err := js.CreateOrUpdateConsumer(ctx, "S32", jetstream.ConsumerConfig{
		Durable: "c1",
		DeliverPolicy: jetstream.DeliverLastPerSubjectPolicy,
		AckPolicy: jetstream.AckExplicitPolicy,
		MaxAckPending: 50,
		MaxWaiting: 7,
		InactiveThreshold: 1 * time.Minute,
		FilterSubject: "s32.>",
		Metadata: map[string]string{"a b": "#{x} %s {}", "owner": "shop"},
	}); err != nil {
		return err
	}
	if _, err := js.CreateOrUpdateConsumer(ctx, "S32", jetstream.ConsumerConfig{
		Durable: "c2",
		DeliverPolicy: jetstream.DeliverLastPolicy,
		AckPolicy: jetstream.AckExplicitPolicy,
		AckWait: 24 * time.Hour,
		MaxDeliver: 4,
		MaxAckPending: 50,
		MaxRequestBatch: 20,
		MaxRequestExpires: 1500 * time.Millisecond,
		MaxRequestMaxBytes: 4096,
		InactiveThreshold: 1 * time.Minute,
		FilterSubjects: []string{"s32.a", "s32.b.*"},
		Replicas: 1,
	}); err != nil {
		return err
	}

	// left out: stream S35: allow_batched
	if _, err := js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: "S35",
		Subjects: []string{"s35.>"},
		MaxMsgSize: 1024,
		Storage: jetstream.MemoryStorage,
		Duplicates: 0 * time.Hour,
		Sources: []*jetstream.StreamSource{
			&jetstream.StreamSource{
				Name: "S34",
				SubjectTransforms: []jetstream.SubjectTransformConfig{
					jetstream.SubjectTransformConfig{
						Source: "q.>",
						Destination: "s35.>",
					},
				},
			},
		},
		DenyDelete: true,
	}); err != nil {
		return err
	}

	if _, err := js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: "S4",
		Subjects: []string{"s4.>"},
		MaxConsumers: 9,
		MaxAge: 62 * time.Hour,
		Discard: jetstream.DiscardNew,
		Storage: jetstream.MemoryStorage,
		Compression: jetstream.S2Compression,
		FirstSeq: 100,
		AllowRollup: true,
		AllowMsgTTL: true,
		Metadata: map[string]string{"__proto__": "über 🎈 ☃", "owner": "shop"},
	}); err != nil {
		return err
	}
	if _, err := js.CreateOrUpdateConsumer(ctx, "S4", jetstream.ConsumerConfig{
		Durable: "c0",
		DeliverPolicy: jetstream.DeliverAllPolicy,
		AckPolicy: jetstream.AckAllPolicy,
		MaxWaiting: 7,
		MaxRequestExpires: 30 * time.Second,
	}); err != nil {
		return err
	}

	// left out: stream S6: allow_atomic
	if _, err := js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: "S6",
		Subjects: []string{"s6.>"},
		MaxAge: 6216 * time.Hour,
		MaxMsgsPerSubject: 1,
		NoAck: true,
		Duplicates: 7379149126 * time.Nanosecond,
		Sources: []*jetstream.StreamSource{
			&jetstream.StreamSource{
				Name: "S0",
				OptStartSeq: 7,
				FilterSubject: "x.>",
			},
		},
		Compression: jetstream.S2Compression,
		AllowRollup: true,
	}); err != nil {
		return err
	}
	if _, err := js.CreateOrUpdateConsumer(ctx, "S6", jetstream.ConsumerConfig{
		Durable: "c0",
		DeliverPolicy: jetstream.DeliverAllPolicy,
		AckPolicy: jetstream.AckExplicitPolicy,
		MaxAckPending: -1,
		MaxWaiting: 7,
		MaxRequestExpires: 1500 * time.Millisecond,
	}); err != nil {
		return err
	}
	if _, err := legacy.AddConsumer("S6", &nats.ConsumerConfig{
		Durable: "c1",
		DeliverSubject: "out6.c1",
		DeliverGroup: "workers",
		DeliverPolicy: nats.DeliverAllPolicy,
		AckPolicy: nats.AckAllPolicy,
		MaxAckPending: 50000,
	}); err != nil {
		return err
	}

	if _, err := js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: "S7",
		Subjects: []string{"s7.a,b"},
		Duplicates: 56126004316 * time.Nanosecond,
		SubjectTransform: &jetstream.SubjectTransformConfig{
			Source: "s7.*.x",
			Destination: "s7.y.{{wildcard(1)}}",
		},
		DenyDelete: true,
		AllowRollup: true,
		AllowMsgTTL: true,
		SubjectDeleteMarkerTTL: 90 * time.Second,
		Metadata: map[string]string{"a b": "@file", "owner": "shop"},
	}); err != nil {
		return err
	}
	if _, err := js.CreateOrUpdateConsumer(ctx, "S7", jetstream.ConsumerConfig{
		Durable: "c0",
		Description: "two\nlines\tand a tab",
		DeliverPolicy: jetstream.DeliverNewPolicy,
		AckPolicy: jetstream.AckNonePolicy,
		MaxRequestMaxBytes: 4096,
		SampleFrequency: "50",
	}); err != nil {
		return err
	}
	if _, err := js.CreateOrUpdateConsumer(ctx, "S7", jetstream.ConsumerConfig{
		Durable: "c1",
		DeliverPolicy: jetstream.DeliverLastPolicy,
		AckPolicy: jetstream.AckNonePolicy,
		MaxWaiting: 7,
		Replicas: 1,
	}); err != nil {
		return err
	}

	if _, err := js.CreateOrUpdateStream(ctx, jetstream.StreamConfig{
		Name: "S9",
		MaxBytes: 1048576,
		Discard: jetstream.DiscardNew,
		Mirror: &jetstream.StreamSource{
			Name: "S3",
			External: &jetstream.ExternalStream{
				APIPrefix: "$JS.hub.API",
			},
		},
		MirrorDirect: true,
	}); err != nil {
		return err
	}
	if _, err := js.CreateOrUpdateConsumer(ctx, "S9", jetstream.ConsumerConfig{
		Durable: "c0",
		DeliverPolicy: jetstream.DeliverLastPolicy,
		AckPolicy: jetstream.AckExplicitPolicy,
		MemoryStorage: true,
		PriorityPolicy: jetstream.PriorityPolicyOverflow,
		PriorityGroups: []string{"jobs"},
	}); err != nil {
		return err
	}
	if _, err := js.CreateOrUpdateConsumer(ctx, "S9", jetstream.ConsumerConfig{
		Durable: "c1",
		DeliverPolicy: jetstream.DeliverLastPerSubjectPolicy,
		AckPolicy: jetstream.AckAllPolicy,
		MaxRequestBatch: 20,
		MaxRequestMaxBytes: 4096,
		FilterSubject: "s9.>",
		ReplayPolicy: jetstream.ReplayOriginalPolicy,
		SampleFrequency: "50",
		Metadata: map[string]string{"__proto__": "über 🎈 ☃", "owner": "shop"},
	}); err != nil {
		return err
	}
	if _, err := js.CreateOrUpdateConsumer(ctx, "S9", jetstream.ConsumerConfig{
		Durable: "c2",
		DeliverPolicy: jetstream.DeliverAllPolicy,
		AckPolicy: jetstream.AckAllPolicy,
		MaxDeliver: 4,
		InactiveThreshold: 19 * time.Hour,
		PauseUntil: moment("2027-01-01T00:00:00.25Z"),
	}); err != nil {
		return err
	}
	return nil
}

func moment(text string) *time.Time {
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		log.Fatal(err)
	}
	return &at
}
