# 23 streams, 53 consumers, 4 key-value buckets, 3 object stores, as made in JetStream Lab. Messages stay where they are.
# Python, with nats-py 2.16 or newer: pip install nats-py. Running it again changes nothing.
import asyncio
import sys

import nats
from nats.js import api


async def create(js):
    # the bucket bucket-18, made as the stream it is: nats-py would allow TTLs in it
    await js.add_stream(api.StreamConfig(
        name="KV_bucket-18",
        subjects=["$KV.bucket-18.>"],
        max_msgs_per_subject=8,
        discard=api.DiscardPolicy.NEW,
        allow_direct=True,
        deny_delete=True,
        allow_rollup_hdrs=True,
    ))

    # the bucket bucket-30, made as the stream it is: nats-py would allow TTLs in it
    await js.add_stream(api.StreamConfig(
        name="KV_bucket-30",
        subjects=["$KV.bucket-30.>"],
        max_msgs_per_subject=1,
        discard=api.DiscardPolicy.NEW,
        compression=api.StoreCompression.S2,
        allow_direct=True,
        deny_delete=True,
        allow_rollup_hdrs=True,
        metadata={"owner": "shop", "team": "#{x} %s {}"},
    ))
    await js.add_consumer("KV_bucket-30", api.ConsumerConfig(
        durable_name="c0",
        deliver_subject="out30.c0",
        deliver_policy=api.DeliverPolicy.ALL,
        ack_policy=api.AckPolicy.EXPLICIT,
        max_deliver=4,
        inactive_threshold=31622400,
        headers_only=True,
    ))
    await js.add_consumer("KV_bucket-30", api.ConsumerConfig(
        durable_name="c1",
        deliver_policy=api.DeliverPolicy.ALL,
        ack_policy=api.AckPolicy.NONE,
    ))

    # the bucket bucket-34, made as the stream it is: nats-py would allow TTLs in it
    await js.add_stream(api.StreamConfig(
        name="KV_bucket-34",
        subjects=["$KV.bucket-34.>"],
        max_bytes=1048576,
        max_msgs_per_subject=4,
        max_msg_size=512,
        discard=api.DiscardPolicy.NEW,
        storage=api.StorageType.MEMORY,
        allow_direct=True,
        deny_delete=True,
        allow_rollup_hdrs=True,
    ))
    await js.add_consumer("KV_bucket-34", api.ConsumerConfig(
        durable_name="c0",
        description="$HOME `ls` \\ end\\",
        deliver_subject="out34.c0",
        deliver_group="workers",
        deliver_policy=api.DeliverPolicy.ALL,
        ack_policy=api.AckPolicy.NONE,
        pause_until="2027-01-01T00:00:00.25Z",
    ))
    # left out: consumer KV_bucket-34 c1: max_expires
    await js.add_consumer("KV_bucket-34", api.ConsumerConfig(
        durable_name="c1",
        description="*/ // # <!-- ${x} {{Count}}",
        deliver_policy=api.DeliverPolicy.ALL,
        ack_policy=api.AckPolicy.EXPLICIT,
        max_ack_pending=-1,
        filter_subject="s34.>",
    ))
    await js.add_consumer("KV_bucket-34", api.ConsumerConfig(
        durable_name="c2",
        deliver_policy=api.DeliverPolicy.ALL,
        ack_policy=api.AckPolicy.EXPLICIT,
        backoff=[4, 5.666666665, 7.33333333],
        max_waiting=7,
        replay_policy=api.ReplayPolicy.ORIGINAL,
        sample_freq="50",
    ))

    # the bucket bucket-8, made as the stream it is: nats-py would allow TTLs in it
    await js.add_stream(api.StreamConfig(
        name="KV_bucket-8",
        subjects=["$KV.bucket-8.>"],
        max_bytes=1048576,
        max_age=28771200,
        max_msgs_per_subject=8,
        discard=api.DiscardPolicy.NEW,
        compression=api.StoreCompression.S2,
        allow_direct=True,
        deny_delete=True,
        allow_rollup_hdrs=True,
    ))
    await js.add_consumer("KV_bucket-8", api.ConsumerConfig(
        durable_name="c0",
        deliver_subject="out8.c0",
        deliver_group="workers",
        deliver_policy=api.DeliverPolicy.ALL,
        ack_policy=api.AckPolicy.EXPLICIT,
        filter_subject="s8.>",
        sample_freq="50",
        rate_limit_bps=100000,
        metadata={"k=v": "$HOME `ls` \\ end\\", "owner": "shop"},
    ))
    # left out: consumer KV_bucket-8 c1: max_batch
    # left out: consumer KV_bucket-8 c1: max_bytes
    await js.add_consumer("KV_bucket-8", api.ConsumerConfig(
        durable_name="c1",
        deliver_policy=api.DeliverPolicy.ALL,
        ack_policy=api.AckPolicy.EXPLICIT,
        max_deliver=7,
        backoff=[3, 4.999999998],
    ))

    await js.add_stream(api.StreamConfig(
        name="OBJ_files-12",
        subjects=["$O.files-12.C.>", "$O.files-12.M.>"],
        max_age=10886400,
        discard=api.DiscardPolicy.NEW,
        storage=api.StorageType.MEMORY,
        allow_direct=True,
        allow_rollup_hdrs=True,
        metadata={"k=v": "#{x} %s {}", "owner": "shop"},
    ))
    await js.add_consumer("OBJ_files-12", api.ConsumerConfig(
        durable_name="c0",
        deliver_subject="out12.c0",
        deliver_policy=api.DeliverPolicy.ALL,
        ack_policy=api.AckPolicy.NONE,
        filter_subject="s12.>",
        replay_policy=api.ReplayPolicy.ORIGINAL,
        flow_control=True,
        idle_heartbeat=5,
    ))
    await js.add_consumer("OBJ_files-12", api.ConsumerConfig(
        durable_name="c1",
        deliver_subject="out12.c1",
        deliver_policy=api.DeliverPolicy.LAST,
        ack_policy=api.AckPolicy.EXPLICIT,
        ack_wait=345600,
    ))

    await js.create_object_store("files-13", api.ObjectStoreConfig(
        max_bytes=5000000,
    ))
    await js.add_consumer("OBJ_files-13", api.ConsumerConfig(
        durable_name="c0",
        deliver_policy=api.DeliverPolicy.LAST_PER_SUBJECT,
        ack_policy=api.AckPolicy.EXPLICIT,
        ack_wait=21945600,
        max_ack_pending=5,
        max_waiting=7,
        filter_subject="s13.>",
    ))
    await js.add_consumer("OBJ_files-13", api.ConsumerConfig(
        durable_name="c1",
        deliver_subject="out13.c1",
        deliver_policy=api.DeliverPolicy.ALL,
        ack_policy=api.AckPolicy.EXPLICIT,
        backoff=[7, 8.999999998, 10.999999996],
        filter_subject="s13.>",
        headers_only=True,
    ))
    # left out: consumer OBJ_files-13 c2: max_batch
    await js.add_consumer("OBJ_files-13", api.ConsumerConfig(
        durable_name="c2",
        deliver_policy=api.DeliverPolicy.ALL,
        ack_policy=api.AckPolicy.EXPLICIT,
        max_deliver=9,
        max_ack_pending=1,
        sample_freq="100%",
    ))

    await js.add_stream(api.StreamConfig(
        name="OBJ_files-15",
        subjects=["$O.files-15.C.>", "$O.files-15.M.>"],
        discard=api.DiscardPolicy.NEW,
        allow_direct=True,
        allow_rollup_hdrs=True,
        metadata={"owner": "shop", "team": "'"},
    ))
    await js.add_consumer("OBJ_files-15", api.ConsumerConfig(
        durable_name="c0",
        deliver_subject="out15.c0",
        deliver_group="workers",
        deliver_policy=api.DeliverPolicy.ALL,
        ack_policy=api.AckPolicy.EXPLICIT,
        max_ack_pending=50000,
        filter_subjects=["s15.a", "s15.b.*"],
        replay_policy=api.ReplayPolicy.ORIGINAL,
    ))
    await js.add_consumer("OBJ_files-15", api.ConsumerConfig(
        durable_name="c1",
        description="*/ // # <!-- ${x} {{Count}}",
        deliver_policy=api.DeliverPolicy.ALL,
        ack_policy=api.AckPolicy.NONE,
        max_waiting=7,
        replay_policy=api.ReplayPolicy.ORIGINAL,
        mem_storage=True,
    ))

    await js.add_stream(api.StreamConfig(
        name="S0",
        subjects=["s0.>"],
        discard=api.DiscardPolicy.NEW,
        duplicate_window=61.217304216,
        subject_transform=api.SubjectTransform(
            src="s0.*.x",
            dest="s0.y.{{wildcard(1)}}",
        ),
        allow_direct=True,
        deny_delete=True,
        allow_rollup_hdrs=True,
        allow_atomic=True,
    ))
    # left out: consumer S0 c0: max_bytes
    await js.add_consumer("S0", api.ConsumerConfig(
        durable_name="c0",
        deliver_policy=api.DeliverPolicy.LAST,
        ack_policy=api.AckPolicy.ALL,
        ack_wait=202,
        filter_subject="s0.>",
        replay_policy=api.ReplayPolicy.ORIGINAL,
    ))
    await js.add_consumer("S0", api.ConsumerConfig(
        durable_name="c1",
        deliver_policy=api.DeliverPolicy.LAST,
        ack_policy=api.AckPolicy.EXPLICIT,
        ack_wait=280800,
        inactive_threshold=226800,
    ))
    # left out: consumer S0 c2: priority_policy
    # left out: consumer S0 c2: priority_groups
    # left out: consumer S0 c2: priority_timeout
    await js.add_consumer("S0", api.ConsumerConfig(
        durable_name="c2",
        description="-f",
        deliver_policy=api.DeliverPolicy.ALL,
        ack_policy=api.AckPolicy.EXPLICIT,
        filter_subject="s0.>",
        num_replicas=1,
        mem_storage=True,
        pause_until="2027-01-01T00:00:00.25Z",
    ))

    await js.add_stream(api.StreamConfig(
        name="S1",
        subjects=["s1.>"],
        retention=api.RetentionPolicy.INTEREST,
        max_msgs_per_subject=5,
        duplicate_window=13.826738017,
        deny_delete=True,
        allow_rollup_hdrs=True,
        consumer_limits=api.StreamConsumerLimits(
            inactive_threshold=60,
            max_ack_pending=50,
        ),
        allow_msg_ttl=True,
        subject_delete_marker_ttl=1,
        allow_atomic=True,
        allow_batched=True,
    ))
    await js.add_consumer("S1", api.ConsumerConfig(
        durable_name="c0",
        deliver_subject="out1.c0",
        deliver_policy=api.DeliverPolicy.ALL,
        ack_policy=api.AckPolicy.EXPLICIT,
        ack_wait=495.452823654,
        max_ack_pending=50,
        inactive_threshold=60,
        filter_subjects=["s1.a", "s1.b.*"],
    ))
    await js.add_consumer("S1", api.ConsumerConfig(
        durable_name="c1",
        deliver_subject="out1.c1",
        deliver_policy=api.DeliverPolicy.ALL,
        ack_policy=api.AckPolicy.EXPLICIT,
        backoff=[1, 5, 6],
        max_ack_pending=-1,
        inactive_threshold=60,
        filter_subject="s1.>",
    ))
    # left out: consumer S1 c2: max_expires
    await js.add_consumer("S1", api.ConsumerConfig(
        durable_name="c2",
        deliver_policy=api.DeliverPolicy.ALL,
        ack_policy=api.AckPolicy.ALL,
        ack_wait=247,
        max_ack_pending=50,
        inactive_threshold=60,
        replay_policy=api.ReplayPolicy.ORIGINAL,
    ))

    await js.add_stream(api.StreamConfig(
        name="S11",
        subjects=["s11.>"],
        retention=api.RetentionPolicy.INTEREST,
        max_msgs_per_subject=1,
        duplicate_window=58.264035539,
        compression=api.StoreCompression.S2,
        first_seq=100,
    ))

    await js.add_stream(api.StreamConfig(
        name="S14",
        description="it's \"quoted\"",
        subjects=["s14.>"],
        compression=api.StoreCompression.S2,
        allow_direct=True,
        allow_msg_ttl=True,
    ))
    await js.add_consumer("S14", api.ConsumerConfig(
        durable_name="c0",
        deliver_policy=api.DeliverPolicy.ALL,
        ack_policy=api.AckPolicy.EXPLICIT,
        max_waiting=7,
        filter_subject="s14.>",
        headers_only=True,
    ))
    await js.add_consumer("S14", api.ConsumerConfig(
        durable_name="c1",
        description="-f",
        deliver_subject="out14.c1",
        deliver_group="workers",
        deliver_policy=api.DeliverPolicy.BY_START_TIME,
        opt_start_time="2026-11-20T10:00:00.123456789Z",
        ack_policy=api.AckPolicy.EXPLICIT,
        backoff=[1, 5, 6],
        filter_subjects=["s14.a", "s14.b.*"],
        mem_storage=True,
    ))

    await js.add_stream(api.StreamConfig(
        name="S16",
        description="#{x} %s {}",
        subjects=["s16.*", "t16.>"],
        max_msgs=10,
        compression=api.StoreCompression.S2,
        allow_rollup_hdrs=True,
        allow_msg_ttl=True,
        subject_delete_marker_ttl=1,
    ))
    # left out: consumer S16 c0: max_batch
    # left out: consumer S16 c0: max_expires
    # left out: consumer S16 c0: max_bytes
    await js.add_consumer("S16", api.ConsumerConfig(
        durable_name="c0",
        deliver_policy=api.DeliverPolicy.NEW,
        ack_policy=api.AckPolicy.ALL,
        backoff=[1, 5, 6],
        filter_subjects=["s16.a", "s16.b.*"],
    ))
    await js.add_consumer("S16", api.ConsumerConfig(
        durable_name="c1",
        deliver_subject="out16.c1",
        deliver_policy=api.DeliverPolicy.BY_START_TIME,
        opt_start_time="2026-11-20T10:00:00.123456789Z",
        ack_policy=api.AckPolicy.EXPLICIT,
        ack_wait=126,
        max_deliver=4,
        max_ack_pending=50000,
    ))
    await js.add_consumer("S16", api.ConsumerConfig(
        durable_name="c2",
        deliver_policy=api.DeliverPolicy.ALL,
        ack_policy=api.AckPolicy.NONE,
        max_waiting=7,
        mem_storage=True,
    ))

    await js.add_stream(api.StreamConfig(
        name="S19",
        subjects=["s19.>"],
        max_bytes=1000001,
        max_age=20131200,
        max_msgs_per_subject=1,
        max_msg_size=1024,
        discard=api.DiscardPolicy.NEW,
        storage=api.StorageType.MEMORY,
        first_seq=100,
        metadata={"a b": "two\nlines\tand a tab", "owner": "shop"},
    ))
    # left out: consumer S19 c0: max_batch
    # left out: consumer S19 c0: max_bytes
    await js.add_consumer("S19", api.ConsumerConfig(
        durable_name="c0",
        deliver_policy=api.DeliverPolicy.LAST,
        ack_policy=api.AckPolicy.EXPLICIT,
        max_deliver=7,
        backoff=[9, 9, 9, 9],
        filter_subject="s19.>",
        num_replicas=1,
    ))

    await js.add_stream(api.StreamConfig(
        name="S2",
        subjects=["s2.>"],
        max_msgs_per_subject=1,
        discard=api.DiscardPolicy.NEW,
        discard_new_per_subject=True,
        subject_transform=api.SubjectTransform(
            src="s2.*.x",
            dest="s2.y.{{wildcard(1)}}",
        ),
        allow_direct=True,
        allow_atomic=True,
    ))
    await js.add_consumer("S2", api.ConsumerConfig(
        durable_name="c0",
        deliver_policy=api.DeliverPolicy.ALL,
        ack_policy=api.AckPolicy.NONE,
        inactive_threshold=316800,
        filter_subject="s2.>",
        replay_policy=api.ReplayPolicy.ORIGINAL,
    ))
    await js.add_consumer("S2", api.ConsumerConfig(
        durable_name="c1",
        deliver_subject="out2.c1",
        deliver_group="workers",
        deliver_policy=api.DeliverPolicy.LAST_PER_SUBJECT,
        ack_policy=api.AckPolicy.NONE,
        filter_subject="s2.>",
        headers_only=True,
        num_replicas=1,
    ))

    await js.add_stream(api.StreamConfig(
        name="S10",
        max_msg_size=999,
        discard=api.DiscardPolicy.NEW,
        storage=api.StorageType.MEMORY,
        mirror=api.StreamSource(
            name="S2",
        ),
        mirror_direct=True,
    ))
    await js.add_consumer("S10", api.ConsumerConfig(
        durable_name="c0",
        deliver_subject="out10.c0",
        deliver_policy=api.DeliverPolicy.ALL,
        ack_policy=api.AckPolicy.EXPLICIT,
        max_deliver=9,
        rate_limit_bps=100000,
        idle_heartbeat=5,
    ))
    await js.add_consumer("S10", api.ConsumerConfig(
        durable_name="c1",
        deliver_policy=api.DeliverPolicy.LAST_PER_SUBJECT,
        ack_policy=api.AckPolicy.EXPLICIT,
        inactive_threshold=26179200,
        filter_subject="s10.>",
        num_replicas=1,
    ))

    await js.add_stream(api.StreamConfig(
        name="S20",
        subjects=["s20.>"],
        max_msgs=12345678,
        duplicate_window=0,
        sources=[
            api.StreamSource(
                name="S1",
                external=api.ExternalStream(
                    api="$JS.hub.API",
                ),
            ),
        ],
        deny_delete=True,
        allow_msg_counter=True,
    ))
    await js.add_consumer("S20", api.ConsumerConfig(
        durable_name="c0",
        deliver_policy=api.DeliverPolicy.ALL,
        ack_policy=api.AckPolicy.EXPLICIT,
        ack_wait=9849600,
        max_ack_pending=1,
        replay_policy=api.ReplayPolicy.ORIGINAL,
        num_replicas=1,
        metadata={"owner": "shop", "team": "-f"},
    ))

    await js.add_stream(api.StreamConfig(
        name="S21",
        subjects=["s21.>"],
        retention=api.RetentionPolicy.WORK_QUEUE,
        max_msgs=12345678,
        max_msgs_per_subject=1,
        discard=api.DiscardPolicy.NEW,
        duplicate_window=0,
        sources=[
            api.StreamSource(
                name="S11",
                external=api.ExternalStream(
                    api="$JS.hub.API",
                ),
            ),
        ],
        republish=api.RePublish(
            src="s21.>",
            dest="copy21.>",
            headers_only=True,
        ),
        allow_atomic=True,
    ))

    await js.add_stream(api.StreamConfig(
        name="S23",
        subjects=["s23.*", "t23.>"],
        max_bytes=1000001,
        max_age=15465600,
        duplicate_window=70.355405824,
        allow_direct=True,
        deny_purge=True,
        consumer_limits=api.StreamConsumerLimits(
            inactive_threshold=60,
            max_ack_pending=50,
        ),
    ))
    await js.add_consumer("S23", api.ConsumerConfig(
        durable_name="c0",
        deliver_policy=api.DeliverPolicy.ALL,
        ack_policy=api.AckPolicy.EXPLICIT,
        max_ack_pending=50,
        inactive_threshold=60,
        filter_subjects=["s23.a", "s23.b.*"],
    ))
    # left out: consumer S23 c2: max_bytes
    await js.add_consumer("S23", api.ConsumerConfig(
        durable_name="c2",
        description="über 🎈 ☃",
        deliver_policy=api.DeliverPolicy.ALL,
        ack_policy=api.AckPolicy.ALL,
        max_ack_pending=50,
        inactive_threshold=60,
        filter_subject="s23.>",
        headers_only=True,
        metadata={"a b": "'", "owner": "shop"},
    ))

    await js.add_stream(api.StreamConfig(
        name="S24",
        discard=api.DiscardPolicy.NEW,
        mirror=api.StreamSource(
            name="S0",
            subject_transforms=[
                api.SubjectTransform(
                    src="q.>",
                    dest="s24.>",
                ),
            ],
        ),
        allow_direct=True,
        mirror_direct=True,
        deny_purge=True,
        allow_msg_ttl=True,
    ))
    await js.add_consumer("S24", api.ConsumerConfig(
        durable_name="c0",
        description="'",
        deliver_subject="out24.c0",
        deliver_policy=api.DeliverPolicy.ALL,
        ack_policy=api.AckPolicy.EXPLICIT,
        ack_wait=41,
        filter_subjects=["s24.a", "s24.b.*"],
        replay_policy=api.ReplayPolicy.ORIGINAL,
        sample_freq="100%",
        idle_heartbeat=5,
    ))

    await js.add_stream(api.StreamConfig(
        name="S25",
        subjects=["s25.>"],
        max_consumers=9,
        discard=api.DiscardPolicy.NEW,
        compression=api.StoreCompression.S2,
        allow_direct=True,
        allow_rollup_hdrs=True,
        consumer_limits=api.StreamConsumerLimits(
            inactive_threshold=60,
            max_ack_pending=50,
        ),
        allow_atomic=True,
    ))
    await js.add_consumer("S25", api.ConsumerConfig(
        durable_name="c0",
        deliver_subject="out25.c0",
        deliver_group="workers",
        deliver_policy=api.DeliverPolicy.ALL,
        ack_policy=api.AckPolicy.EXPLICIT,
        max_deliver=7,
        backoff=[5, 6.333333332, 7.666666664, 8.999999996],
        max_ack_pending=1,
        inactive_threshold=60,
    ))
    await js.add_consumer("S25", api.ConsumerConfig(
        durable_name="c1",
        deliver_policy=api.DeliverPolicy.ALL,
        ack_policy=api.AckPolicy.NONE,
        max_ack_pending=50,
        max_waiting=7,
        inactive_threshold=60,
        replay_policy=api.ReplayPolicy.ORIGINAL,
    ))
    await js.add_consumer("S25", api.ConsumerConfig(
        durable_name="c2",
        description="@file",
        deliver_subject="out25.c2",
        deliver_policy=api.DeliverPolicy.ALL,
        ack_policy=api.AckPolicy.ALL,
        ack_wait=73.520885982,
        max_ack_pending=1,
        inactive_threshold=60,
        filter_subject="s25.>",
        sample_freq="100%",
        num_replicas=1,
    ))

    await js.add_stream(api.StreamConfig(
        name="S26",
        description="plain words",
        subjects=["s26.>"],
        max_msgs_per_subject=1,
        discard=api.DiscardPolicy.NEW,
        discard_new_per_subject=True,
        subject_transform=api.SubjectTransform(
            src="s26.*.x",
            dest="s26.y.{{wildcard(1)}}",
        ),
    ))
    # left out: consumer S26 c0: max_bytes
    await js.add_consumer("S26", api.ConsumerConfig(
        durable_name="c0",
        deliver_policy=api.DeliverPolicy.ALL,
        ack_policy=api.AckPolicy.EXPLICIT,
        filter_subject="s26.>",
    ))
    await js.add_consumer("S26", api.ConsumerConfig(
        durable_name="c1",
        deliver_subject="out26.c1",
        deliver_group="workers",
        deliver_policy=api.DeliverPolicy.BY_START_SEQUENCE,
        opt_start_seq=4,
        ack_policy=api.AckPolicy.ALL,
        backoff=[1, 5, 6],
        sample_freq="100%",
    ))

    await js.add_stream(api.StreamConfig(
        name="S27",
        subjects=["s27.a,b"],
        discard=api.DiscardPolicy.NEW,
        deny_delete=True,
        consumer_limits=api.StreamConsumerLimits(
            inactive_threshold=3600,
        ),
        allow_msg_ttl=True,
    ))
    await js.add_consumer("S27", api.ConsumerConfig(
        durable_name="c0",
        deliver_subject="out27.c0",
        deliver_policy=api.DeliverPolicy.ALL,
        ack_policy=api.AckPolicy.ALL,
        inactive_threshold=3600,
        filter_subjects=["s27.a", "s27.b.*"],
    ))

    await js.add_stream(api.StreamConfig(
        name="S29",
        subjects=["s29.>"],
        retention=api.RetentionPolicy.WORK_QUEUE,
        max_msgs=12345678,
        max_bytes=1048576,
        max_age=118800,
        max_msgs_per_subject=1,
        discard=api.DiscardPolicy.NEW,
        storage=api.StorageType.MEMORY,
        no_ack=True,
        deny_purge=True,
    ))

    await js.add_stream(api.StreamConfig(
        name="S3",
        subjects=["s3.>"],
        max_msgs=10,
        max_msg_size=1024,
        storage=api.StorageType.MEMORY,
        deny_delete=True,
        allow_rollup_hdrs=True,
        allow_msg_schedules=True,
        metadata={"a b": "plain words", "owner": "shop"},
    ))
    # left out: consumer S3 c0: max_expires
    # left out: consumer S3 c0: max_bytes
    await js.add_consumer("S3", api.ConsumerConfig(
        durable_name="c0",
        deliver_policy=api.DeliverPolicy.LAST,
        ack_policy=api.AckPolicy.EXPLICIT,
        max_deliver=9,
        max_waiting=7,
        replay_policy=api.ReplayPolicy.ORIGINAL,
        num_replicas=1,
    ))
    await js.add_consumer("S3", api.ConsumerConfig(
        durable_name="c1",
        deliver_subject="out3.c1",
        deliver_group="workers",
        deliver_policy=api.DeliverPolicy.ALL,
        ack_policy=api.AckPolicy.ALL,
        backoff=[9, 11.333333331],
        filter_subject="s3.>",
    ))

    # left out: stream S32: sealed
    await js.add_stream(api.StreamConfig(
        name="S32",
        subjects=["s32.>"],
        discard=api.DiscardPolicy.NEW,
        storage=api.StorageType.MEMORY,
        allow_direct=True,
        deny_delete=True,
        deny_purge=True,
        consumer_limits=api.StreamConsumerLimits(
            inactive_threshold=60,
            max_ack_pending=50,
        ),
    ))
    # left out: consumer S32 c0: max_batch
    await js.add_consumer("S32", api.ConsumerConfig(
        durable_name="c0",
        description="-f",
        deliver_policy=api.DeliverPolicy.ALL,
        ack_policy=api.AckPolicy.EXPLICIT,
        ack_wait=29.517333296,
        max_ack_pending=50,
        inactive_threshold=60,
        filter_subject="s32.>",
        replay_policy=api.ReplayPolicy.ORIGINAL,
        headers_only=True,
        mem_storage=True,
    ))
    await js.add_consumer("S32", api.ConsumerConfig(
        durable_name="c1",
        deliver_policy=api.DeliverPolicy.LAST_PER_SUBJECT,
        ack_policy=api.AckPolicy.EXPLICIT,
        max_ack_pending=50,
        max_waiting=7,
        inactive_threshold=60,
        filter_subject="s32.>",
        metadata={"a b": "#{x} %s {}", "owner": "shop"},
    ))
    # left out: consumer S32 c2: max_batch
    # left out: consumer S32 c2: max_expires
    # left out: consumer S32 c2: max_bytes
    await js.add_consumer("S32", api.ConsumerConfig(
        durable_name="c2",
        deliver_policy=api.DeliverPolicy.LAST,
        ack_policy=api.AckPolicy.EXPLICIT,
        ack_wait=86400,
        max_deliver=4,
        max_ack_pending=50,
        inactive_threshold=60,
        filter_subjects=["s32.a", "s32.b.*"],
        num_replicas=1,
    ))

    await js.add_stream(api.StreamConfig(
        name="S35",
        subjects=["s35.>"],
        max_msg_size=1024,
        storage=api.StorageType.MEMORY,
        duplicate_window=0,
        sources=[
            api.StreamSource(
                name="S34",
                subject_transforms=[
                    api.SubjectTransform(
                        src="q.>",
                        dest="s35.>",
                    ),
                ],
            ),
        ],
        deny_delete=True,
        allow_batched=True,
    ))

    await js.add_stream(api.StreamConfig(
        name="S4",
        subjects=["s4.>"],
        max_consumers=9,
        max_age=223200,
        discard=api.DiscardPolicy.NEW,
        storage=api.StorageType.MEMORY,
        compression=api.StoreCompression.S2,
        first_seq=100,
        allow_rollup_hdrs=True,
        allow_msg_ttl=True,
        metadata={"__proto__": "über 🎈 ☃", "owner": "shop"},
    ))
    # left out: consumer S4 c0: max_expires
    await js.add_consumer("S4", api.ConsumerConfig(
        durable_name="c0",
        deliver_policy=api.DeliverPolicy.ALL,
        ack_policy=api.AckPolicy.ALL,
        max_waiting=7,
    ))

    await js.add_stream(api.StreamConfig(
        name="S6",
        subjects=["s6.>"],
        max_age=22377600,
        max_msgs_per_subject=1,
        no_ack=True,
        duplicate_window=7.379149126,
        sources=[
            api.StreamSource(
                name="S0",
                opt_start_seq=7,
                filter_subject="x.>",
            ),
        ],
        compression=api.StoreCompression.S2,
        allow_rollup_hdrs=True,
        allow_atomic=True,
    ))
    # left out: consumer S6 c0: max_expires
    await js.add_consumer("S6", api.ConsumerConfig(
        durable_name="c0",
        deliver_policy=api.DeliverPolicy.ALL,
        ack_policy=api.AckPolicy.EXPLICIT,
        max_ack_pending=-1,
        max_waiting=7,
    ))
    await js.add_consumer("S6", api.ConsumerConfig(
        durable_name="c1",
        deliver_subject="out6.c1",
        deliver_group="workers",
        deliver_policy=api.DeliverPolicy.ALL,
        ack_policy=api.AckPolicy.ALL,
        max_ack_pending=50000,
    ))

    await js.add_stream(api.StreamConfig(
        name="S7",
        subjects=["s7.a,b"],
        duplicate_window=56.126004316,
        subject_transform=api.SubjectTransform(
            src="s7.*.x",
            dest="s7.y.{{wildcard(1)}}",
        ),
        deny_delete=True,
        allow_rollup_hdrs=True,
        allow_msg_ttl=True,
        subject_delete_marker_ttl=90,
        metadata={"a b": "@file", "owner": "shop"},
    ))
    # left out: consumer S7 c0: max_bytes
    await js.add_consumer("S7", api.ConsumerConfig(
        durable_name="c0",
        description="two\nlines\tand a tab",
        deliver_policy=api.DeliverPolicy.NEW,
        ack_policy=api.AckPolicy.NONE,
        sample_freq="50",
    ))
    await js.add_consumer("S7", api.ConsumerConfig(
        durable_name="c1",
        deliver_policy=api.DeliverPolicy.LAST,
        ack_policy=api.AckPolicy.NONE,
        max_waiting=7,
        num_replicas=1,
    ))

    await js.add_stream(api.StreamConfig(
        name="S9",
        max_bytes=1048576,
        discard=api.DiscardPolicy.NEW,
        mirror=api.StreamSource(
            name="S3",
            external=api.ExternalStream(
                api="$JS.hub.API",
            ),
        ),
        mirror_direct=True,
    ))
    # left out: consumer S9 c0: priority_policy
    # left out: consumer S9 c0: priority_groups
    await js.add_consumer("S9", api.ConsumerConfig(
        durable_name="c0",
        deliver_policy=api.DeliverPolicy.LAST,
        ack_policy=api.AckPolicy.EXPLICIT,
        mem_storage=True,
    ))
    # left out: consumer S9 c1: max_batch
    # left out: consumer S9 c1: max_bytes
    await js.add_consumer("S9", api.ConsumerConfig(
        durable_name="c1",
        deliver_policy=api.DeliverPolicy.LAST_PER_SUBJECT,
        ack_policy=api.AckPolicy.ALL,
        filter_subject="s9.>",
        replay_policy=api.ReplayPolicy.ORIGINAL,
        sample_freq="50",
        metadata={"__proto__": "über 🎈 ☃", "owner": "shop"},
    ))
    await js.add_consumer("S9", api.ConsumerConfig(
        durable_name="c2",
        deliver_policy=api.DeliverPolicy.ALL,
        ack_policy=api.AckPolicy.ALL,
        max_deliver=4,
        inactive_threshold=68400,
        pause_until="2027-01-01T00:00:00.25Z",
    ))


async def main():
    nc = await nats.connect(sys.argv[1] if len(sys.argv) > 1 else "nats://127.0.0.1:4222")
    await create(nc.jetstream())
    await nc.close()


asyncio.run(main())
