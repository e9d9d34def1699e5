package domain_test

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"careledger/domain"
	"careledger/domain/compensation"
	"careledger/domain/historytest"
)

// Laws of the domain, on drawn histories.

func TestAnEventReadBackFromItsBytesIsTheEvent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		seen, last := map[string]uint64{}, map[domain.Entity]domain.Event{}
		for _, e := range historytest.Draw(t).Events(-1) {
			require.Zero(t, seen[e.ID], "ids are unique on a log: %s is that of event %d already", e.ID, seen[e.ID])
			require.False(t, e.Recorded.Before(last[e.Entity].Recorded), "within an entity recorded never decreases: %d after %d", e.Sequence, last[e.Entity].Sequence)
			seen[e.ID], last[e.Entity] = e.Sequence, e
			raw, err := e.Encode()
			require.NoError(t, err)
			back, err := domain.DecodeEvent(e.Sequence, e.Type, raw)
			require.NoError(t, err)
			require.Equal(t, e, back)
			again, err := back.Encode()
			require.NoError(t, err)
			require.Equal(t, string(raw), string(again))
		}
	})
}

func TestARecordWrittenInAnotherWayIsTheSameRecord(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		for _, line := range historytest.Draw(t).Lines {
			e, problems := domain.ParseRecord(line, historytest.Now)
			require.Empty(t, problems)
			var members map[string]any // other order of keys, other white space
			require.NoError(t, json.Unmarshal(line, &members))
			other, err := json.Marshal(members)
			require.NoError(t, err)
			other = []byte(" " + strings.ReplaceAll(string(other), `":`, "\" : ") + " ")
			again, problems := domain.ParseRecord(other, historytest.Now.AddDate(1, 0, 0))
			require.Empty(t, problems, string(other))
			require.Equal(t, e, again)
		}
	})
}

// assertSameState compares everything that two folds hold. Models are compared by their documents.
func assertSameState(t *rapid.T, want, got *historytest.World) {
	require.Equal(t, want.State.Parties, got.State.Parties)
	require.Equal(t, want.State.Policies, got.State.Policies)
	require.Equal(t, inForce(want), inForce(got))
	require.Equal(t, want.Own, got.Own)
	require.Equal(t, want.Facts(), got.Facts())
	require.Equal(t, want.StateGrants(), got.StateGrants())
}

func inForce(w *historytest.World) (all []string) {
	for _, p := range w.State.Adopted() {
		for _, d := range p.Documents {
			all = append(all, fmt.Sprint(p.ID, d.Model.SHA256(), d.From, d.End))
		}
	}
	return all
}

func TestWhatWasDecidedIsWhatTheLogFoldsTo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h, l := historytest.Draw(t), historytest.NewLedger()
		for _, line := range h.Lines {
			_, problems := l.Submit(line)
			require.Empty(t, problems)
		}
		require.Equal(t, h.Events(-1), l.Events)
		w, err := historytest.Fold(l.Events)
		require.NoError(t, err)
		assertSameState(t, w, l.World)
	})
}

func TestARefusalChangesNothing(t *testing.T) {
	refused := 0
	rapid.Check(t, func(t *rapid.T) {
		l := historytest.NewLedger()
		for _, line := range historytest.Draw(t).Lines {
			_, problems := l.Submit(line)
			require.Empty(t, problems)
		}
		for i, line := range historytest.FromSeed(rapid.Uint64().Draw(t, "other"), 60).Lines { // of another history: most of it does not fit
			var r domain.Record
			require.NoError(t, json.Unmarshal(line, &r))
			r.ID = fmt.Sprintf("other-%d", i)
			line, err := json.Marshal(r)
			require.NoError(t, err)
			if _, problems := l.Submit(line); len(problems) > 0 {
				refused++
				for _, p := range problems {
					require.NotEmpty(t, p.Field)
					require.NotEmpty(t, p.Reason)
				}
			}
		}
		w, err := historytest.Fold(l.Events)
		require.NoError(t, err)
		assertSameState(t, w, l.World)
	})
	assert.Positive(t, refused)
}

// A case without its performed time says the same of everything else, and neither it nor the case reaches the other.
func TestACaseWithoutItsPerformedTimeIsEqualInTheRestAndIndependent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := historytest.Draw(t).Events(-1)
		w := historytest.NewWorld()
		at := rapid.IntRange(0, len(events)).Draw(t, "at")
		copies := map[domain.Entity]*domain.Case{}
		for i := range events {
			if i == at {
				for _, c := range w.Cases() {
					copies[c.Entity] = c.WithoutPerformed()
					requireSameRest(t, c, copies[c.Entity])
				}
			}
			require.NoError(t, w.Apply(&events[i]))
		}
		before, err := historytest.Fold(events[:at])
		require.NoError(t, err)
		for entity, c := range copies {
			requireSameRest(t, before.Case(entity), c)
			original := w.Case(entity).Facts()
			for i := at; i < len(events); i++ {
				_, performed := w.Case(entity).PerformedTarget(&events[i])
				if _, is := domain.PerformedBy(events[i].Data); events[i].Entity == entity && !is && !performed {
					require.NoError(t, c.Apply(&events[i]))
				}
			}
			requireSameRest(t, w.Case(entity), c)
			require.Equal(t, original, w.Case(entity).Facts(), "what happened to the copy reached the original")
		}
	})
}

// requireSameRest: but for performed time, the copy says what the case says.
func requireSameRest(t *rapid.T, c, without *domain.Case) {
	want := c.Facts()
	want.Performed = nil
	require.Equal(t, want, c.PremiumFacts())
	require.Equal(t, want, without.Facts())
	require.Equal(t, c.Premiums(), without.Premiums())
}

// everyMonth covers all that histories hold.
var everyMonth = compensation.Period{From: domain.NewMonth(2015, 1), To: domain.NewMonth(2024, 12)}

// premiumPostings are those of the compiled evaluator, which the awards do not come from.
func premiumPostings(t *rapid.T, w *historytest.World) (all []string) {
	facts := w.Columns().Prepare(everyMonth)
	require.NoError(t, facts.Evaluate(w.State.Adopted(), func(b *compensation.Batch) error {
		for i := range b.Unit {
			if p := b.Posting(i); p.FollowUp != "" && b.Component.Kind != compensation.KindCap {
				all = append(all, fmt.Sprint(p.Case, "|", p.FollowUp, "|", p.Goal, "|", p.Provider, "|", p.Unit, "|", p.Policy, "|", p.Component, "|", p.Amount))
			}
		}
		return nil
	}))
	slices.Sort(all)
	return all
}

func outstanding(w *historytest.World) (all []string) {
	for _, c := range w.Cases() {
		for _, p := range c.Premiums() {
			all = append(all, fmt.Sprint(c.Entity.ID(), "|", p.FollowUp, "|", p.Goal, "|", p.Provider, "|", p.Unit, "|", p.Policy, "|", p.Component, "|", p.Amount))
		}
	}
	slices.Sort(all)
	return all
}

func TestPremiumsAwardedAndNotReversedAreThePremiumPostings(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := historytest.NewLedger()
		for _, line := range historytest.Draw(t).Lines {
			written, problems := l.Submit(line)
			require.Empty(t, problems)
			require.Equal(t, premiumPostings(t, l.World), outstanding(l.World), "after %s", line)
			for _, e := range written[1:] {
				assert.Equal(t, written[0].ID, e.Causation)
				assert.Equal(t, written[0].Correlation, e.Correlation)
				assert.False(t, e.Recorded.Before(written[0].Recorded))
			}
		}
	})
}

func TestSettlingAgainWritesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := historytest.NewLedger()
		for _, line := range historytest.Draw(t).Lines {
			written, problems := l.Submit(line)
			require.Empty(t, problems)
			for _, c := range l.Cases() {
				facts, premiums := c.Facts(), slices.Clone(c.Premiums())
				again, err := l.State.Settle(&written[0], uint64(len(l.Events))+1, c)
				require.NoError(t, err)
				require.Empty(t, again)
				require.Equal(t, facts, c.Facts())
				require.Equal(t, premiums, slices.Clone(c.Premiums()))
			}
		}
	})
}

// A history that is known by a time is one that could have been written: it folds without an error.
func TestWhatWasKnownAtAnyTimeFolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := historytest.Draw(t).Events(-1)
		if len(events) == 0 {
			return
		}
		at := events[rapid.IntRange(0, len(events)-1).Draw(t, "at")].Recorded
		_, err := historytest.Fold(historytest.KnownBy(events, at))
		require.NoError(t, err)
	})
}

// comparable rewrites what names a place in the log (sequences, line numbers), which a history without the correction has other
// values of, and puts rows without an order of their own in one.
func comparable(f domain.CaseFacts) domain.CaseFacts {
	lines := map[int]int{}
	for i := range f.Grants {
		number, known := lines[f.Grants[i].Line>>10]
		if !known {
			number = len(lines)
			lines[f.Grants[i].Line>>10] = number
		}
		f.Grants[i].Line = number<<10 | f.Grants[i].Line&(1<<10-1)
	}
	slices.SortFunc(f.Performed, func(a, b domain.Performed) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
	slices.SortFunc(f.FollowUps, func(a, b domain.FollowUp) int { return cmp.Compare(a.Sequence, b.Sequence) })
	for i := range f.FollowUps {
		f.FollowUps[i].Sequence = uint64(i)
	}
	if len(f.Performed) == 0 {
		f.Performed = nil
	}
	return f
}

// said is what an entity says, whatever its place in the log.
func said(own domain.State) (all []any) {
	switch s := own.(type) {
	case *domain.Case:
		return []any{comparable(s.Facts())}
	case *domain.Patient:
		all = append(all, comparable(s.Facts()))
	case *domain.GrantState:
		facts, agreed := s.Facts()
		all = append(all, facts, agreed)
	}
	return append(all, own.Describe())
}

// rewritten returns the history as it would have been recorded had correction number at been known from the start.
func rewritten(h historytest.History, at int) (lines [][]byte) {
	parse := func(i int) domain.Event {
		e, _ := domain.ParseRecord(h.Lines[i], historytest.Now)
		return e
	}
	target, data := "", []byte(nil)
	switch d := parse(at).Data.(type) {
	case *domain.EventAnnulled:
		target = d.Event
	case *domain.EventCorrected:
		target, data = d.Event, d.Data
	}
	for i, line := range h.Lines[:at] {
		e := parse(i)
		switch d := e.Data.(type) {
		case *domain.EventAnnulled:
			if d.Event == target {
				continue
			}
		case *domain.EventCorrected:
			if d.Event == target {
				continue
			}
		}
		if e.ID == target {
			if data == nil {
				continue
			}
			r := h.Records[i]
			r.ID, r.Data = target, data
			var own struct {
				From    string `json:"from"`
				LastDay string `json:"last_day"`
				HeldOn  string `json:"held_on"`
			}
			_ = json.Unmarshal(data, &own)
			if day := own.From + own.LastDay + own.HeldOn; day != "" {
				r.Effective = day
			}
			line, _ = json.Marshal(r)
		}
		lines = append(lines, line)
	}
	return lines
}

func TestACorrectedHistoryIsTheHistoryWrittenRightFromTheStart(t *testing.T) {
	compared, refused := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		h := historytest.Draw(t)
		var corrections []int
		for i, r := range h.Records {
			if r.Type == domain.TypeEventAnnulled || r.Type == domain.TypeEventCorrected {
				corrections = append(corrections, i)
			}
		}
		for range min(3, len(corrections)) {
			at := rapid.SampledFrom(corrections).Draw(t, "correction")
			lines := rewritten(h, at)
			right, fits := historytest.NewLedger(), true
			for _, line := range lines {
				_, problems := right.Submit(line)
				fits = fits && len(problems) == 0
			}
			if !fits { // an event between the two was judged on what was known then
				refused++
				continue
			}
			compared++
			w, err := historytest.Fold(h.Events(at + 1))
			require.NoError(t, err)
			unregistered := func(w *historytest.World) []domain.Unit { // when a unit was registered differs by design
				units := w.State.Parties.Units()
				for i := range units {
					units[i].Registered = historytest.Now
				}
				return units
			}
			require.Equal(t, unregistered(right.World), unregistered(w))
			require.Equal(t, inForce(right.World), inForce(w))
			for entity, own := range w.Own {
				other := right.Own[entity]
				if other == nil {
					other = domain.NewState(entity) // all its events are annulled
				}
				require.Equal(t, said(other), said(own), "after %s", h.Lines[at])
			}
			require.Equal(t, outstanding(right.World), outstanding(w))
		}
	})
	t.Logf("%d corrections compared, %d not", compared, refused)
	assert.Greater(t, compared, refused)
}
