// An operator, an account and its users with JWTs, made for one test: what `nsc` makes for real.
//
// Source: nats-io/jwt v2 claims; nats-io/nkeys README. Keys come from numbers, so that a failure can be repeated.

import { createPrivateKey, createPublicKey, sign } from "node:crypto";

const OPERATOR = 14, ACCOUNT = 0, USER = 20, SEED = 18;
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/** What stands before the 32 bytes of an Ed25519 key in PKCS #8. */
const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");

function base32(bytes) {
  let [text, bits, count] = ["", 0, 0];
  for (const byte of bytes) {
    bits = (bits << 8) | byte;
    for (count += 8; count >= 5; count -= 5) text += LETTERS[(bits >> (count - 5)) & 31];
    bits &= 0xff;
  }
  return count > 0 ? text + LETTERS[(bits << (5 - count)) & 31] : text;
}

function checked(prefix, key) {
  const bytes = Buffer.concat([Buffer.from(prefix), key]);
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
  }
  return base32(Buffer.concat([bytes, Buffer.from([crc & 0xff, crc >> 8])]));
}

/** A key pair: `public` and `seed` as NATS writes them. */
class Pair {
  #secret;

  constructor(kind, number) {
    const raw = Buffer.alloc(32, number);
    this.#secret = createPrivateKey({ key: Buffer.concat([PKCS8, raw]), format: "der", type: "pkcs8" });
    const spki = createPublicKey(this.#secret).export({ format: "der", type: "spki" });
    this.public = checked([kind << 3], spki.subarray(-32));
    this.seed = checked([(SEED << 3) | (kind >> 2), (kind & 3) << 6], raw);
  }

  jwt(claims) {
    const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const text = `${part({ typ: "JWT", alg: "ed25519-nkey" })}.${part({ jti: "J", iat: 1_700_000_000, ...claims })}`;
    return `${text}.${sign(null, Buffer.from(text), this.#secret).toString("base64url")}`;
  }
}

/** A user's key pair, different for each number below 256. */
export const user = (number) => new Pair(USER, number);

export class Operator {
  constructor(number) {
    this.operator = new Pair(OPERATOR, number);
    this.account = new Pair(ACCOUNT, number + 1);
    this.system = new Pair(ACCOUNT, number + 2);
  }

  /** Lines for a server that trusts this operator and knows its account. */
  config() {
    const nats = { type: "operator", version: 2, system_account: this.system.public };
    const trusted = this.operator.jwt({ iss: this.operator.public, name: "op", sub: this.operator.public, nats });
    const known = [[this.account, "APP"], [this.system, "SYS"]].map(([pair, name]) => `${pair.public}: ${this.#known(pair, name)}`);
    return [
      `operator: ${trusted}`,
      `system_account: ${this.system.public}`,
      "resolver: MEMORY",
      `resolver_preload: { ${known.join(", ")} }`,
    ].join("\n");
  }

  #known(pair, name) {
    const limits = { subs: -1, data: -1, payload: -1, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 };
    if (name !== "SYS") Object.assign(limits, { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 });
    const nats = { type: "account", version: 2, limits, default_permissions: { pub: {}, sub: {} } };
    return this.operator.jwt({ iss: this.operator.public, name, sub: pair.public, nats });
  }

  /** The `.creds` file of a user of the account; `exp` is in seconds since 1970. */
  creds(pair, name, exp) {
    const nats = { type: "user", version: 2, pub: {}, sub: {}, subs: -1, data: -1, payload: -1 };
    const jwt = this.account.jwt({ iss: this.account.public, name, sub: pair.public, nats, ...(exp ? { exp } : {}) });
    return [
      "-----BEGIN NATS USER JWT-----", jwt, "------END NATS USER JWT------", "",
      "-----BEGIN USER NKEY SEED-----", pair.seed, "------END USER NKEY SEED------", "",
    ].join("\n");
  }
}
