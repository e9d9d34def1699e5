package eventstore

import "strings"

// Series is what a log of an authority is for. Every series is kept with the same promises: its own stream, tree, witness, signing key and
// checkpoints.
type Series string

const (
	// Care is the ledger itself: stream CARE_{authority}, subjects care.{authority}.…, origin careledger/{authority}.
	Care Series = "care"
	// Access is who has read what of it: stream ACCESS_{authority}, subjects access.{authority}.…, origin careledger/{authority}/access.
	Access Series = "access"
)

// allSeries are all there are.
func allSeries() []Series { return []Series{Care, Access} }

// prefix is what the names of the series' streams begin with.
func (s Series) prefix() string { return strings.ToUpper(string(s)) + "_" }

// signAfter is by how many events a log has to grow for its head to be signed when it closes. A checkpoint is a file: commands that read come by the
// thousand, each of them a process, so what they write is signed in larger pieces.
func (s Series) signAfter() uint64 {
	if s == Access {
		return 1000
	}
	return 1
}

// logID says which log: of which authority, and which of its series.
type logID struct {
	series    Series
	authority string
}

func careLog(authority string) logID { return logID{Care, authority} }

// String is the log's name in messages and in the origin of its checkpoints: 1281, 1281/access.
func (id logID) String() string {
	if id.series == Care {
		return id.authority
	}
	return id.authority + "/" + string(id.series)
}

// stream is the name of the log's stream.
func (id logID) stream() string { return id.series.prefix() + id.authority }

// description is what the server says of the stream.
func (id logID) description() string {
	if id.series == Care {
		return "careledger: the events of " + id.authority
	}
	return "careledger: who has read the events of " + id.authority
}

// file is what the names of the log's files and folders begin with: the authority for the ledger itself, the stream's name for others. No
// authority has an underscore (authorityPattern), so the two are never the same.
func (id logID) file() string {
	if id.series == Care {
		return id.authority
	}
	return id.stream()
}

// subjects is the filter of all of the log's subjects.
func (id logID) subjects() string { return string(id.series) + "." + id.authority + ".>" }

// subject is {series}.{authority}.{kind}.{id}.{type}.
func (id logID) subject(entity, typ string) string {
	kind, name, _ := strings.Cut(entity, "/")
	return string(id.series) + "." + id.authority + "." + kind + "." + name + "." + typ
}

// entityFilter is the one canonical filter of an entity: {series}.{authority}.{kind}.{id}.>
func (id logID) entityFilter(entity string) string { return id.subject(entity, ">") }

// parseSubject is the inverse of subject. ok is false for anything that subject does not make.
func (id logID) parseSubject(subj string) (entity, typ string, ok bool) {
	rest, ok := subj, true
	for _, token := range [...]string{string(id.series), ".", id.authority, "."} { // called for every event read: nothing is put together
		if rest, ok = strings.CutPrefix(rest, token); !ok {
			return "", "", false
		}
	}
	kind, rest, ok := strings.Cut(rest, ".")
	if !ok {
		return "", "", false
	}
	name, typ, ok := strings.Cut(rest, ".")
	if !ok || strings.Contains(typ, ".") {
		return "", "", false
	}
	return kind + "/" + name, typ, true
}

// originPrefix is what the origins of all logs begin with.
const originPrefix = "careledger/"

// origin is the identity of the log in its checkpoints, and the name of its key.
func (id logID) origin() string { return originPrefix + id.String() }

// parseOrigin is the inverse of origin.
func parseOrigin(origin string) (id logID, ok bool) {
	rest, ok := strings.CutPrefix(origin, originPrefix)
	authority, series, named := strings.Cut(rest, "/")
	if !named {
		return careLog(authority), ok && authority != ""
	}
	return logID{Series(series), authority}, ok && authority != "" && Series(series) == Access
}

// leaf is the leaf of an event in the log's tree.
func (id logID) leaf(e Event) [32]byte {
	h := leafHasher{authority: id.authority}
	return h.leaf(stored{seq: e.Sequence, subject: id.subject(e.Entity, e.Type), id: e.ID, data: e.Data})
}
