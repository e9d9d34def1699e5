// Tries every request of a JSON object {subject: data} and every subject of a list, as a subscriber; prints what is not refused.
import { connect, PermissionViolationError } from "@nats-io/transport-node";
import { readFileSync } from "node:fs";

const { url, user, password } = JSON.parse(readFileSync(process.argv[2]));
const { requests, subscriptions } = JSON.parse(readFileSync(process.argv[3]));
const nc = await connect({ servers: url, user, pass: password });
let refused = 0;
const outcome = (what, err) => (err instanceof PermissionViolationError ? refused++ : console.log(`${what}: ${err ?? "not refused"}`));
for (const [subject, data] of Object.entries(requests)) {
  await nc.request(subject, data, { timeout: 5000 }).then(() => outcome(subject), (err) => outcome(subject, err.cause instanceof PermissionViolationError ? err.cause : err));
}
for (const subject of subscriptions) {
  await new Promise((done) => nc.subscribe(subject, { callback: (err) => { outcome(subject, err); done(); } }));
}
console.log(`refused ${refused}`);
await nc.close();
