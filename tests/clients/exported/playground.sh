# 23 streams, 53 consumers, 4 key-value buckets, 3 object stores, as made in JetStream Lab.
# Needs the nats command line, https://github.com/nats-io/natscli. Messages stay where they are.

nats kv add bucket-18 --history 8

nats kv add bucket-30 --compress --metadata owner=shop --metadata 'team=#{x} %s {}'
nats consumer add KV_bucket-30 c0 --target out30.c0 --ack explicit --max-deliver 4 --headers-only --inactive-threshold 8784h --defaults
nats consumer add KV_bucket-30 c1 --pull --ack none --defaults

nats kv add bucket-34 --history 4 --max-value-size 512 --max-bucket-size 1MB --storage memory
nats request --no-templates '$JS.API.CONSUMER.DURABLE.CREATE.KV_bucket-34.c0' '{"stream_name":"KV_bucket-34","config":{"durable_name":"c0","name":"c0","description":"$HOME `ls` \\ end\\","deliver_policy":"all","ack_policy":"none","max_deliver":-1,"replay_policy":"instant","deliver_subject":"out34.c0","deliver_group":"workers","num_replicas":0,"pause_until":"2027-01-01T00:00:00.25Z"}}'
nats request --no-templates '$JS.API.CONSUMER.DURABLE.CREATE.KV_bucket-34.c1' '{"stream_name":"KV_bucket-34","config":{"durable_name":"c1","name":"c1","description":"*/ // # <!-- ${x} {{Count}}","deliver_policy":"all","ack_policy":"explicit","ack_wait":30000000000,"max_deliver":-1,"filter_subject":"s34.>","replay_policy":"instant","max_waiting":512,"max_ack_pending":-1,"max_expires":30000000000,"num_replicas":0}}'
nats request --no-templates '$JS.API.CONSUMER.DURABLE.CREATE.KV_bucket-34.c2' '{"stream_name":"KV_bucket-34","config":{"durable_name":"c2","name":"c2","deliver_policy":"all","ack_policy":"explicit","ack_wait":4000000000,"max_deliver":-1,"backoff":[4000000000,5666666665,7333333330],"replay_policy":"original","sample_freq":"50","max_waiting":7,"max_ack_pending":1000,"num_replicas":0}}'

nats kv add bucket-8 --history 8 --ttl 7992h --max-bucket-size 1MB --compress
nats request --no-templates '$JS.API.CONSUMER.DURABLE.CREATE.KV_bucket-8.c0' '{"stream_name":"KV_bucket-8","config":{"durable_name":"c0","name":"c0","deliver_policy":"all","ack_policy":"explicit","ack_wait":30000000000,"max_deliver":-1,"filter_subject":"s8.>","replay_policy":"instant","rate_limit_bps":100000,"sample_freq":"50","max_ack_pending":1000,"deliver_subject":"out8.c0","deliver_group":"workers","num_replicas":0,"metadata":{"k=v":"$HOME `ls` \\ end\\","owner":"shop"}}}'
nats request --no-templates '$JS.API.CONSUMER.DURABLE.CREATE.KV_bucket-8.c1' '{"stream_name":"KV_bucket-8","config":{"durable_name":"c1","name":"c1","deliver_policy":"all","ack_policy":"explicit","ack_wait":3000000000,"max_deliver":7,"backoff":[3000000000,4999999998],"replay_policy":"instant","max_waiting":512,"max_ack_pending":1000,"max_batch":20,"max_bytes":4096,"num_replicas":0}}'

nats request --no-templates '$JS.API.STREAM.CREATE.OBJ_files-12' '{"name":"OBJ_files-12","subjects":["$O.files-12.C.>","$O.files-12.M.>"],"retention":"limits","max_consumers":-1,"max_msgs":-1,"max_bytes":-1,"max_age":10886400000000000,"max_msgs_per_subject":-1,"max_msg_size":-1,"discard":"new","storage":"memory","num_replicas":1,"duplicate_window":120000000000,"compression":"none","allow_direct":true,"mirror_direct":false,"sealed":false,"deny_delete":false,"deny_purge":false,"allow_rollup_hdrs":true,"consumer_limits":{},"allow_msg_ttl":false,"metadata":{"k=v":"#{x} %s {}","owner":"shop"}}'
nats request --no-templates '$JS.API.CONSUMER.DURABLE.CREATE.OBJ_files-12.c0' '{"stream_name":"OBJ_files-12","config":{"durable_name":"c0","name":"c0","deliver_policy":"all","ack_policy":"none","max_deliver":-1,"filter_subject":"s12.>","replay_policy":"original","flow_control":true,"deliver_subject":"out12.c0","idle_heartbeat":5000000000,"num_replicas":0}}'
nats consumer add OBJ_files-12 c1 --target out12.c1 --deliver last --ack explicit --wait 96h --defaults

nats object add files-13 --max-bucket-size 5000000
nats consumer add OBJ_files-13 c0 --pull --deliver subject --wait 6096h --max-pending 5 --filter 's13.>' --max-waiting 7 --defaults
nats request --no-templates '$JS.API.CONSUMER.DURABLE.CREATE.OBJ_files-13.c1' '{"stream_name":"OBJ_files-13","config":{"durable_name":"c1","name":"c1","deliver_policy":"all","ack_policy":"explicit","ack_wait":7000000000,"max_deliver":-1,"backoff":[7000000000,8999999998,10999999996],"filter_subject":"s13.>","replay_policy":"instant","max_ack_pending":1000,"headers_only":true,"deliver_subject":"out13.c1","num_replicas":0}}'
nats request --no-templates '$JS.API.CONSUMER.DURABLE.CREATE.OBJ_files-13.c2' '{"stream_name":"OBJ_files-13","config":{"durable_name":"c2","name":"c2","deliver_policy":"all","ack_policy":"explicit","ack_wait":30000000000,"max_deliver":9,"replay_policy":"instant","sample_freq":"100%","max_waiting":512,"max_ack_pending":1,"max_batch":20,"num_replicas":0}}'

nats object add files-15 --metadata owner=shop --metadata 'team='\'''
nats request --no-templates '$JS.API.CONSUMER.DURABLE.CREATE.OBJ_files-15.c0' '{"stream_name":"OBJ_files-15","config":{"durable_name":"c0","name":"c0","deliver_policy":"all","ack_policy":"explicit","ack_wait":30000000000,"max_deliver":-1,"filter_subjects":["s15.a","s15.b.*"],"replay_policy":"original","max_ack_pending":50000,"deliver_subject":"out15.c0","deliver_group":"workers","num_replicas":0}}'
nats consumer add OBJ_files-15 c1 --pull --ack none --replay original --max-waiting 7 --memory --description '*/ // # <!-- ${x} {{Count}}' --defaults

nats stream add S0 --subjects 's0.>' --discard new --dupe-window 1m1s217ms304us216ns --allow-batch --allow-rollup --deny-delete --transform-source 's0.*.x' --transform-destination 's0.y.{{wildcard(1)}}' --defaults
nats consumer add S0 c0 --pull --deliver last --ack all --wait 3m22s --filter 's0.>' --replay original --max-pull-bytes 4096 --defaults
nats consumer add S0 c1 --pull --deliver last --wait 78h --inactive-threshold 63h --defaults
nats request --no-templates '$JS.API.CONSUMER.DURABLE.CREATE.S0.c2' '{"stream_name":"S0","config":{"durable_name":"c2","name":"c2","description":"-f","deliver_policy":"all","ack_policy":"explicit","ack_wait":30000000000,"max_deliver":-1,"filter_subject":"s0.>","replay_policy":"instant","max_waiting":512,"max_ack_pending":1000,"num_replicas":1,"mem_storage":true,"pause_until":"2027-01-01T00:00:00.25Z","priority_groups":["jobs"],"priority_policy":"pinned_client","priority_timeout":120000000000}}'

nats stream add S1 --subjects 's1.>' --retention interest --max-msgs-per-subject 5 --dupe-window 13s826ms738us17ns --limit-consumer-inactive 1m --limit-consumer-max-pending 50 --allow-batch --allow-fast --allow-rollup --deny-delete --no-allow-direct --allow-msg-ttl --subject-del-markers-ttl 1s --defaults
nats consumer add S1 c0 --target out1.c0 --ack explicit --wait 8m15s452ms823us654ns --max-pending 50 --filter s1.a --filter 's1.b.*' --inactive-threshold 1m --defaults
nats request --no-templates '$JS.API.CONSUMER.DURABLE.CREATE.S1.c1' '{"stream_name":"S1","config":{"durable_name":"c1","name":"c1","deliver_policy":"all","ack_policy":"explicit","ack_wait":1000000000,"max_deliver":-1,"backoff":[1000000000,5000000000,6000000000],"filter_subject":"s1.>","replay_policy":"instant","max_ack_pending":-1,"deliver_subject":"out1.c1","inactive_threshold":60000000000,"num_replicas":0}}'
nats consumer add S1 c2 --pull --ack all --wait 4m7s --max-pending 50 --replay original --max-pull-expire 30s --inactive-threshold 1m --defaults

nats stream add S11 --subjects 's11.>' --compression s2 --retention interest --first-sequence 100 --max-msgs-per-subject 1 --dupe-window 58s264ms35us539ns --no-allow-direct --defaults

nats stream add S14 --subjects 's14.>' --description 'it'\''s "quoted"' --compression s2 --allow-msg-ttl --defaults
nats consumer add S14 c0 --pull --filter 's14.>' --max-waiting 7 --headers-only --defaults
nats request --no-templates '$JS.API.CONSUMER.DURABLE.CREATE.S14.c1' '{"stream_name":"S14","config":{"durable_name":"c1","name":"c1","description":"-f","deliver_policy":"by_start_time","opt_start_time":"2026-11-20T10:00:00.123456789Z","ack_policy":"explicit","ack_wait":1000000000,"max_deliver":-1,"backoff":[1000000000,5000000000,6000000000],"filter_subjects":["s14.a","s14.b.*"],"replay_policy":"instant","max_ack_pending":1000,"deliver_subject":"out14.c1","deliver_group":"workers","num_replicas":0,"mem_storage":true}}'

nats stream add S16 --subjects 's16.*,t16.>' --description '#{x} %s {}' --compression s2 --max-msgs 10 --allow-rollup --no-allow-direct --allow-msg-ttl --subject-del-markers-ttl 1s --defaults
nats request --no-templates '$JS.API.CONSUMER.DURABLE.CREATE.S16.c0' '{"stream_name":"S16","config":{"durable_name":"c0","name":"c0","deliver_policy":"new","ack_policy":"all","ack_wait":1000000000,"max_deliver":-1,"backoff":[1000000000,5000000000,6000000000],"filter_subjects":["s16.a","s16.b.*"],"replay_policy":"instant","max_waiting":512,"max_ack_pending":1000,"max_batch":20,"max_expires":30000000000,"max_bytes":4096,"num_replicas":0}}'
nats request --no-templates '$JS.API.CONSUMER.DURABLE.CREATE.S16.c1' '{"stream_name":"S16","config":{"durable_name":"c1","name":"c1","deliver_policy":"by_start_time","opt_start_time":"2026-11-20T10:00:00.123456789Z","ack_policy":"explicit","ack_wait":126000000000,"max_deliver":4,"replay_policy":"instant","max_ack_pending":50000,"deliver_subject":"out16.c1","num_replicas":0}}'
nats consumer add S16 c2 --pull --ack none --max-waiting 7 --memory --defaults

nats request --no-templates '$JS.API.STREAM.CREATE.S19' '{"name":"S19","subjects":["s19.>"],"retention":"limits","max_consumers":-1,"max_msgs":-1,"max_bytes":1000001,"max_age":20131200000000000,"max_msgs_per_subject":1,"max_msg_size":1024,"discard":"new","storage":"memory","num_replicas":1,"duplicate_window":120000000000,"compression":"none","first_seq":100,"allow_direct":false,"mirror_direct":false,"sealed":false,"deny_delete":false,"deny_purge":false,"allow_rollup_hdrs":false,"consumer_limits":{},"allow_msg_ttl":false,"metadata":{"a b":"two\nlines\tand a tab","owner":"shop"}}'
nats consumer add S19 c0 --pull --deliver last --max-deliver 7 --backoff linear --backoff-steps 4 --backoff-min 9s --backoff-max 9s --filter 's19.>' --max-pull-batch 20 --max-pull-bytes 4096 --replicas 1 --defaults

nats stream add S2 --subjects 's2.>' --discard new --discard-per-subject --max-msgs-per-subject 1 --allow-batch --transform-source 's2.*.x' --transform-destination 's2.y.{{wildcard(1)}}' --defaults
nats consumer add S2 c0 --pull --ack none --filter 's2.>' --replay original --inactive-threshold 88h --defaults
nats consumer add S2 c1 --target out2.c1 --deliver-group workers --deliver subject --filter 's2.>' --headers-only --replicas 1 --defaults

nats stream add S10 --storage memory --discard new --max-msg-size 999 --mirror S2 --no-allow-direct --allow-mirror-direct --defaults
nats consumer add S10 c0 --target out10.c0 --ack explicit --max-deliver 9 --bps 100000 --heartbeat 5s --defaults
nats consumer add S10 c1 --pull --deliver subject --filter 's10.>' --inactive-threshold 7272h --replicas 1 --defaults

nats stream add S20 --subjects 's20.>' --max-msgs 12345678 --dupe-window 0s --source '{"name":"S1","external":{"api":"$JS.hub.API","deliver":""}}' --allow-counter --deny-delete --no-allow-direct --defaults
nats consumer add S20 c0 --pull --wait 2736h --max-pending 1 --replay original --replicas 1 --metadata owner=shop --metadata team=-f --defaults

nats stream add S21 --subjects 's21.>' --retention work --discard new --max-msgs 12345678 --max-msgs-per-subject 1 --dupe-window 0s --source '{"name":"S11","external":{"api":"$JS.hub.API","deliver":""}}' --allow-batch --no-allow-direct --republish-source 's21.>' --republish-destination 'copy21.>' --republish-headers --defaults

nats stream add S23 --subjects 's23.*,t23.>' --max-age 4296h --max-bytes 1000001 --dupe-window 1m10s355ms405us824ns --limit-consumer-inactive 1m --limit-consumer-max-pending 50 --deny-purge --defaults
nats consumer add S23 c0 --pull --max-pending 50 --filter s23.a --filter 's23.b.*' --inactive-threshold 1m --defaults
nats consumer add S23 c2 --pull --ack all --max-pending 50 --filter 's23.>' --max-pull-bytes 4096 --headers-only --inactive-threshold 1m --description 'über 🎈 ☃' --metadata 'a b='\''' --metadata owner=shop --defaults

nats stream add S24 --discard new --mirror '{"name":"S0","subject_transforms":[{"src":"q.>","dest":"s24.>"}]}' --deny-purge --allow-mirror-direct --allow-msg-ttl --defaults
nats request --no-templates '$JS.API.CONSUMER.DURABLE.CREATE.S24.c0' '{"stream_name":"S24","config":{"durable_name":"c0","name":"c0","description":"'\''","deliver_policy":"all","ack_policy":"explicit","ack_wait":41000000000,"max_deliver":-1,"filter_subjects":["s24.a","s24.b.*"],"replay_policy":"original","sample_freq":"100%","max_ack_pending":1000,"deliver_subject":"out24.c0","idle_heartbeat":5000000000,"num_replicas":0}}'

nats stream add S25 --subjects 's25.>' --compression s2 --discard new --max-consumers 9 --limit-consumer-inactive 1m --limit-consumer-max-pending 50 --allow-batch --allow-rollup --defaults
nats request --no-templates '$JS.API.CONSUMER.DURABLE.CREATE.S25.c0' '{"stream_name":"S25","config":{"durable_name":"c0","name":"c0","deliver_policy":"all","ack_policy":"explicit","ack_wait":5000000000,"max_deliver":7,"backoff":[5000000000,6333333332,7666666664,8999999996],"replay_policy":"instant","max_ack_pending":1,"deliver_subject":"out25.c0","deliver_group":"workers","inactive_threshold":60000000000,"num_replicas":0}}'
nats consumer add S25 c1 --pull --ack none --max-pending 50 --replay original --max-waiting 7 --inactive-threshold 1m --defaults
nats request --no-templates '$JS.API.CONSUMER.DURABLE.CREATE.S25.c2' '{"stream_name":"S25","config":{"durable_name":"c2","name":"c2","description":"@file","deliver_policy":"all","ack_policy":"all","ack_wait":73520885982,"max_deliver":-1,"filter_subject":"s25.>","replay_policy":"instant","sample_freq":"100%","max_ack_pending":1,"deliver_subject":"out25.c2","inactive_threshold":60000000000,"num_replicas":1}}'

nats stream add S26 --subjects 's26.>' --description 'plain words' --discard new --discard-per-subject --max-msgs-per-subject 1 --no-allow-direct --transform-source 's26.*.x' --transform-destination 's26.y.{{wildcard(1)}}' --defaults
nats consumer add S26 c0 --pull --filter 's26.>' --max-pull-bytes 4096 --defaults
nats request --no-templates '$JS.API.CONSUMER.DURABLE.CREATE.S26.c1' '{"stream_name":"S26","config":{"durable_name":"c1","name":"c1","deliver_policy":"by_start_sequence","opt_start_seq":4,"ack_policy":"all","ack_wait":1000000000,"max_deliver":-1,"backoff":[1000000000,5000000000,6000000000],"replay_policy":"instant","sample_freq":"100%","max_ack_pending":1000,"deliver_subject":"out26.c1","deliver_group":"workers","num_replicas":0}}'

nats request --no-templates '$JS.API.STREAM.CREATE.S27' '{"name":"S27","subjects":["s27.a,b"],"retention":"limits","max_consumers":-1,"max_msgs":-1,"max_bytes":-1,"max_age":0,"max_msgs_per_subject":-1,"max_msg_size":-1,"discard":"new","storage":"file","num_replicas":1,"duplicate_window":120000000000,"compression":"none","allow_direct":false,"mirror_direct":false,"sealed":false,"deny_delete":true,"deny_purge":false,"allow_rollup_hdrs":false,"consumer_limits":{"inactive_threshold":3600000000000},"allow_msg_ttl":true,"metadata":{}}'
nats consumer add S27 c0 --target out27.c0 --ack all --filter s27.a --filter 's27.b.*' --inactive-threshold 1h --defaults

nats stream add S29 --subjects 's29.>' --storage memory --no-ack --retention work --discard new --max-age 33h --max-bytes 1MB --max-msgs 12345678 --max-msgs-per-subject 1 --deny-purge --no-allow-direct --defaults

nats stream add S3 --subjects 's3.>' --storage memory --max-msg-size 1KB --max-msgs 10 --allow-rollup --deny-delete --no-allow-direct --allow-schedules --metadata 'a b=plain words' --metadata owner=shop --defaults
nats consumer add S3 c0 --pull --deliver last --max-deliver 9 --replay original --max-waiting 7 --max-pull-expire 1s500ms --max-pull-bytes 4096 --replicas 1 --defaults
nats request --no-templates '$JS.API.CONSUMER.DURABLE.CREATE.S3.c1' '{"stream_name":"S3","config":{"durable_name":"c1","name":"c1","deliver_policy":"all","ack_policy":"all","ack_wait":9000000000,"max_deliver":-1,"backoff":[9000000000,11333333331],"filter_subject":"s3.>","replay_policy":"instant","max_ack_pending":1000,"deliver_subject":"out3.c1","deliver_group":"workers","num_replicas":0}}'

nats stream add S32 --subjects 's32.>' --storage memory --discard new --limit-consumer-inactive 1m --limit-consumer-max-pending 50 --deny-delete --deny-purge --defaults
nats stream seal S32 -f
nats consumer add S32 c0 --pull --wait 29s517ms333us296ns --max-pending 50 --filter 's32.>' --replay original --max-pull-batch 20 --headers-only --inactive-threshold 1m --memory --description=-f --defaults
nats consumer add S32 c1 --pull --deliver subject --max-pending 50 --filter 's32.>' --max-waiting 7 --inactive-threshold 1m --metadata 'a b=#{x} %s {}' --metadata owner=shop --defaults
nats consumer add S32 c2 --pull --deliver last --wait 24h --max-deliver 4 --max-pending 50 --filter s32.a --filter 's32.b.*' --max-pull-batch 20 --max-pull-expire 1s500ms --max-pull-bytes 4096 --inactive-threshold 1m --replicas 1 --defaults

nats stream add S35 --subjects 's35.>' --storage memory --max-msg-size 1KB --dupe-window 0s --source '{"name":"S34","subject_transforms":[{"src":"q.>","dest":"s35.>"}]}' --allow-fast --deny-delete --no-allow-direct --defaults

nats stream add S4 --subjects 's4.>' --storage memory --compression s2 --discard new --first-sequence 100 --max-age 62h --max-consumers 9 --allow-rollup --no-allow-direct --allow-msg-ttl --metadata '__proto__=über 🎈 ☃' --metadata owner=shop --defaults
nats consumer add S4 c0 --pull --ack all --max-waiting 7 --max-pull-expire 30s --defaults

nats stream add S6 --subjects 's6.>' --compression s2 --no-ack --max-age 6216h --max-msgs-per-subject 1 --dupe-window 7s379ms149us126ns --source '{"name":"S0","opt_start_seq":7,"filter_subject":"x.>"}' --allow-batch --allow-rollup --no-allow-direct --defaults
nats request --no-templates '$JS.API.CONSUMER.DURABLE.CREATE.S6.c0' '{"stream_name":"S6","config":{"durable_name":"c0","name":"c0","deliver_policy":"all","ack_policy":"explicit","ack_wait":30000000000,"max_deliver":-1,"replay_policy":"instant","max_waiting":7,"max_ack_pending":-1,"max_expires":1500000000,"num_replicas":0}}'
nats consumer add S6 c1 --target out6.c1 --deliver-group workers --ack all --max-pending 50000 --defaults

nats request --no-templates '$JS.API.STREAM.CREATE.S7' '{"name":"S7","subjects":["s7.a,b"],"retention":"limits","max_consumers":-1,"max_msgs":-1,"max_bytes":-1,"max_age":0,"max_msgs_per_subject":-1,"max_msg_size":-1,"discard":"old","storage":"file","num_replicas":1,"duplicate_window":56126004316,"compression":"none","subject_transform":{"src":"s7.*.x","dest":"s7.y.{{wildcard(1)}}"},"allow_direct":false,"mirror_direct":false,"sealed":false,"deny_delete":true,"deny_purge":false,"allow_rollup_hdrs":true,"consumer_limits":{},"allow_msg_ttl":true,"subject_delete_marker_ttl":90000000000,"metadata":{"a b":"@file","owner":"shop"}}'
nats request --no-templates '$JS.API.CONSUMER.DURABLE.CREATE.S7.c0' '{"stream_name":"S7","config":{"durable_name":"c0","name":"c0","description":"two\nlines\tand a tab","deliver_policy":"new","ack_policy":"none","max_deliver":-1,"replay_policy":"instant","sample_freq":"50","max_waiting":512,"max_bytes":4096,"num_replicas":0}}'
nats consumer add S7 c1 --pull --deliver last --ack none --max-waiting 7 --replicas 1 --defaults

nats stream add S9 --discard new --max-bytes 1MB --mirror '{"name":"S3","external":{"api":"$JS.hub.API","deliver":""}}' --no-allow-direct --allow-mirror-direct --defaults
nats request --no-templates '$JS.API.CONSUMER.DURABLE.CREATE.S9.c0' '{"stream_name":"S9","config":{"durable_name":"c0","name":"c0","deliver_policy":"last","ack_policy":"explicit","ack_wait":30000000000,"max_deliver":-1,"replay_policy":"instant","max_waiting":512,"max_ack_pending":1000,"num_replicas":0,"mem_storage":true,"priority_groups":["jobs"],"priority_policy":"overflow"}}'
nats consumer add S9 c1 --pull --deliver subject --ack all --filter 's9.>' --replay original --max-pull-batch 20 --max-pull-bytes 4096 --sample 50 --metadata '__proto__=über 🎈 ☃' --metadata owner=shop --defaults
nats request --no-templates '$JS.API.CONSUMER.DURABLE.CREATE.S9.c2' '{"stream_name":"S9","config":{"durable_name":"c2","name":"c2","deliver_policy":"all","ack_policy":"all","ack_wait":30000000000,"max_deliver":4,"replay_policy":"instant","max_waiting":512,"max_ack_pending":1000,"inactive_threshold":68400000000000,"num_replicas":0,"pause_until":"2027-01-01T00:00:00.25Z"}}'
