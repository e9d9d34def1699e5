package eventstore

import "github.com/nats-io/nats.go/jetstream"

// A feed is what an authority's ledger tells programs that read it live: stream BI_{authority}, subjects bi.{authority}.{kind}. It is no log:
// nothing in it is a source of anything, it can be made again from the log, and no witness, tree or checkpoint goes with it. Its names begin with
// what no series' do, so that neither is ever taken for the other.
const feedPrefix = "BI_"

// FeedStream is the name of the stream of an authority's feed.
func FeedStream(authority string) string { return feedPrefix + authority }

// FeedSubject is the subject of the feed's messages of a kind; ">" for those of all.
func FeedSubject(authority, kind string) string { return "bi." + authority + "." + kind }

// feedConfig is the configuration of a feed: all is kept, nothing can be deleted or purged through the stream's interface.
func feedConfig(authority string, replicas int) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:               FeedStream(authority),
		Description:        "careledger: what BI reads of " + authority,
		Subjects:           []string{FeedSubject(authority, ">")},
		Retention:          jetstream.LimitsPolicy,
		Storage:            jetstream.FileStorage,
		Discard:            jetstream.DiscardNew,
		MaxMsgs:            -1,
		MaxBytes:           -1,
		MaxMsgsPerSubject:  -1,
		MaxConsumers:       -1,
		MaxMsgSize:         -1,
		Replicas:           replicas,
		DenyDelete:         true,
		DenyPurge:          true,
		AllowDirect:        true,
		AllowAtomicPublish: true,
		Duplicates:         streamDuplicates,
	}
}
