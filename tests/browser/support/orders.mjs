// The job queue with dead letters, in the commands of its document, as they stand there.

const limits = "--storage=file --replicas=1 --retention=work --discard=new --max-msgs=-1 --max-msgs-per-subject=-1 "
  + "--max-bytes=256MB --max-age=-1 --max-msg-size=1MIB --dupe-window=2m0s --deny-delete --no-deny-purge --allow-direct";

export const ADD_ORDERS = `nats stream add --subjects="orders.*" ${limits} orders_stream`;
export const ADD_UNPROCESSED =
  `nats stream add --subjects='$JS.EVENT.ADVISORY.CONSUMER.MAX_DELIVERIES.orders_stream.*' ${limits} orders_unprocessed`;
export const ADD_PROCESSOR = "nats consumer add orders_stream processor --pull --filter 'orders.*' --ack explicit --deliver all "
  + "--replay instant --wait 5s --max-deliver 2 --defaults";
export const PUBLISH = 'nats pub orders.new "order-{{Count}}" --count 20';
export const WORK = "lab worker processor --fail 50%";
