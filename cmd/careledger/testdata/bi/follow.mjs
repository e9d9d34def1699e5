// Follows the BI feed into a table, here a file: all there was, then what comes. After any stop it goes on where it was.
import { connect } from "@nats-io/transport-node";
import { jetstream } from "@nats-io/jetstream";
import { appendFileSync, readFileSync, truncateSync } from "node:fs";

const [access, file] = process.argv.slice(2);
const { url, user, password, stream, consumer } = JSON.parse(readFileSync(access)); // careledger bi add NAME --format json
const table = new Map(); // of each kind and key the row that was known last
const put = ({ type, data }, key = type + (data.key ?? "")) =>
  table.get(key)?.source_sequence >= data.source_sequence || table.set(key, data);
appendFileSync(file, "");
const lines = readFileSync(file, "utf8").split("\n");
truncateSync(file, Buffer.byteLength(lines.slice(0, -1).map((line) => line + "\n").join(""))); // a line that a kill cut short comes again
lines.slice(0, -1).forEach((line) => put(JSON.parse(line)));

const nc = await connect({ servers: url, user, pass: password, maxReconnectAttempts: -1, waitOnFirstConnect: true });
let batch = [];
for await (const m of await (await jetstream(nc).consumers.get(stream, consumer)).consume({ abort_on_missing_resource: true })) {
  batch.push(m);
  if (m.info.pending > 0 && batch.length < 500) continue;
  appendFileSync(file, batch.map((m) => m.string() + "\n").join(""), { flush: true }); // on disk first, then acknowledged:
  batch.splice(0).forEach((m) => (put(m.json()), m.ack())); // what is lost between the two comes again, and changes nothing
  if (m.info.pending > 0) continue;
  const paid = [...table].filter(([key]) => /posting|premium/.test(key)).reduce((ore, [, row]) => ore + BigInt(row.amount.replace(".", "")), 0n);
  console.log(`event ${table.get("careledger.bi.position.v1")?.source_sequence}: ${paid} öre`);
}
