// Follows the BI feed into a table, here a file: all there was, then what comes. After any stop it goes on where it was.
import { connect } from "@nats-io/transport-node";
import { jetstream } from "@nats-io/jetstream";
import { appendFileSync, readFileSync } from "node:fs";

const { url, user, password, stream, consumer } = JSON.parse(readFileSync(process.argv[2])); // careledger bi add NAME --format json
const table = new Map(); // of each kind and key the row that was known last
const put = ({ type, data }, key = type + (data.key ?? "")) => table.get(key)?.source_sequence >= data.source_sequence || table.set(key, data);
const paid = () => [...table].filter(([key]) => /posting|premium/.test(key)).reduce((ore, [, row]) => ore + BigInt(row.amount.replace(".", "")), 0n);
for (const line of readFileSync(`${consumer}.ndjson`, { encoding: "utf8", flag: "a+" }).split("\n"))
  if (line.endsWith("}}")) put(JSON.parse(line)); // one that a kill cut short comes again

const nc = await connect({ servers: url, user, pass: password, maxReconnectAttempts: -1, waitOnFirstConnect: true });
const batch = [], feed = await jetstream(nc).consumers.get(stream, consumer);
for await (const m of await feed.consume({ abort_on_missing_resource: true })) {
  if (batch.push(m) < 500 && m.info.pending > 0) continue;
  appendFileSync(`${consumer}.ndjson`, batch.map((m) => "\n" + m.string()).join(""), { flush: true }); // on disk first, then acknowledged:
  batch.splice(0).forEach((m) => (put(m.json()), m.ack())); // what is lost between the two comes again, and changes nothing
  if (m.info.pending === 0) console.log(`event ${table.get("careledger.bi.position.v1")?.source_sequence}: ${paid()} öre`);
}
