package replay

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"careledger/domain"
	"careledger/domain/compensation"
)

// Assumed behaviour is a layer apart from the history: what if more goals, or fewer, had been reached than were? It alters a copy of the outcomes
// that the alternatives are evaluated on. The adopted policies are evaluated on what happened, and nothing reaches the ledger.
//
// The goals in question are those assessed at the follow-ups held in the months of the period and, with InForceFrom, from that day on; one
// that was not assessed is not among them, and one assessed at several follow-ups counts at each, as in fulfilment. Of the n in a life area,
// share × n, rounded half away from zero, change: to fulfilled from partly or not fulfilled where the share is positive, from fulfilled to not
// fulfilled where it is negative, or all that can where that is fewer. Which ones change is settled by a draw: the goals stand in the order of
// the SHA-256 of seed, case and goal, and the first ones change, each from its first follow-up on before the next goal does. So the same seed and
// log position give the same changes on every machine, and a larger share changes the same goals and more. Whether the person has confirmed a
// goal is not assumed: a premium that asks for that needs it recorded.

// DefaultSeed is that of the draw where none is given.
const DefaultSeed = 1

// Assumption is that a share more of the assessed goals of a life area, or fewer, are fulfilled.
type Assumption struct {
	LifeArea string         // "" for every life area without an assumption of its own
	Share    domain.Decimal // of the goals assessed, from -1 to 1 and not 0: 0.05 is five percentage points
}

// String returns the assumption as ParseAssumptions reads it.
func (a Assumption) String() string {
	text := domain.OutcomeFulfilled
	if a.Share.Sign() > 0 {
		text += "+"
	}
	text += a.Share.String()
	if a.LifeArea != "" {
		return a.LifeArea + ":" + text
	}
	return text
}

// ParseAssumptions reads a comma-separated list of fulfilled+SHARE, fulfilled-SHARE, and the same for one life area,
// self-care:fulfilled+SHARE.
func ParseAssumptions(s string) (all []Assumption, err error) {
	for text := range strings.SplitSeq(s, ",") {
		text = strings.TrimSpace(text)
		var a Assumption
		assumed := text
		if area, rest, found := strings.Cut(text, ":"); found {
			a.LifeArea, assumed = area, rest
		}
		share, found := strings.CutPrefix(assumed, domain.OutcomeFulfilled)
		signed := strings.HasPrefix(share, "+") || strings.HasPrefix(share, "-")
		if !found || !signed {
			return nil, fmt.Errorf("--assume: %q is not an assumption; write fulfilled+0.05 for five percentage points more goals fulfilled, fulfilled-0.05 for fewer, or self-care:fulfilled+0.05 for one life area", text)
		}
		if a.Share, err = domain.ParseDecimal(strings.TrimPrefix(share, "+")); err != nil {
			return nil, fmt.Errorf("--assume %s: %w", text, err)
		}
		all = append(all, a)
	}
	return all, checkAssumptions(all)
}

func checkAssumptions(all []Assumption) error {
	var errs []error
	for i, a := range all {
		one := domain.DecimalOf(1, 0)
		if a.Share.Sign() == 0 || a.Share.Cmp(one) > 0 || a.Share.Add(one).Sign() < 0 {
			errs = append(errs, fmt.Errorf("--assume %s: the share of goals is from -1 to 1, and not 0", a))
		}
		if a.LifeArea != "" && !domain.LifeAreas.Has(a.LifeArea) {
			hint := ""
			if near := domain.LifeAreas.Closest(a.LifeArea); near != "" {
				hint = fmt.Sprintf("; did you mean %s?", near)
			}
			errs = append(errs, fmt.Errorf("--assume %s: %q is not a life area%s (known: %s)", a, a.LifeArea, hint, domain.LifeAreas))
		}
		if slices.ContainsFunc(all[:i], func(b Assumption) bool { return a.LifeArea == b.LifeArea }) {
			errs = append(errs, fmt.Errorf("--assume %s: the same goals are assumed of twice; leave one out", a))
		}
	}
	return errors.Join(errs...)
}

// Behaviour is what the alternatives of a result assume.
type Behaviour struct {
	Assumptions []Assumption
	Seed        uint64
	LifeAreas   []AssumedArea // those with an assessed goal that an assumption is of, in the order of domain.LifeAreas
	Changes     []AssumedChange
}

// String returns what is assumed, for a heading and a run's name: fulfilled+0.05, self-care:fulfilled+0.1 (seed 1).
func (b *Behaviour) String() string {
	texts := make([]string, len(b.Assumptions))
	for i, a := range b.Assumptions {
		texts[i] = a.String()
	}
	return fmt.Sprintf("%s (seed %d)", strings.Join(texts, ", "), b.Seed)
}

// AssumedArea counts the goals of a life area.
type AssumedArea struct {
	LifeArea  string // "" where the goal's is not known
	Share     domain.Decimal
	Assessed  int // goals at the follow-ups in question
	Fulfilled int // of them, as was found
	Assumed   int // of them, as is assumed
}

// Changed returns how many goals change.
func (a *AssumedArea) Changed() int { return max(a.Assumed-a.Fulfilled, a.Fulfilled-a.Assumed) }

// Rates returns fulfilled / assessed as found and as assumed, with four decimals half up.
func (a *AssumedArea) Rates() (found, assumed string) {
	rate := func(n int) string {
		return withDecimals(domain.DecimalOf(int64(n), 0).QuoRound(domain.DecimalOf(int64(a.Assessed), 0), 4), 4)
	}
	return rate(a.Fulfilled), rate(a.Assumed)
}

// AssumedChange is a goal at a follow-up whose outcome is assumed to be another.
type AssumedChange struct {
	Case     string      `json:"case"`
	Goal     string      `json:"goal"`
	FollowUp string      `json:"follow_up"`
	HeldOn   domain.Date `json:"held_on"`
	LifeArea string      `json:"life_area"`
	Outcome  string      `json:"outcome"` // as found
	Assumed  string      `json:"assumed"`
}

// Changes returns the goals whose outcome is assumed to be another, where the answer is by case and so shows cases anyway; otherwise none. It is
// what the JSON document lists.
func (r *Result) Changes() []AssumedChange {
	if r.Behaviour == nil || !slices.Contains(r.By, "case") {
		return nil
	}
	return r.Behaviour.Changes
}

// assessment is a goal assessed at a follow-up that an assumption is of.
type assessment struct {
	row, followUp int
	draw          uint64
}

// assume gives each plan what it is evaluated over: the adopted policies the history, the alternatives that under what is assumed. It returns
// what that is, nil where nothing is assumed, and says it in the runs' names.
func (h *history) assume(r *Request, plans []plan) *Behaviour {
	for i := range plans {
		plans[i].over = h
	}
	if len(r.Assume) == 0 {
		return nil
	}
	behaviour, facts := h.behave(r.Assume, r.Seed)
	assumed := *h
	assumed.Prepared = facts
	for i := range plans[1:] {
		p := &plans[1+i]
		p.over, p.name = &assumed, p.name+", assuming "+behaviour.String()
	}
	return behaviour
}

// behave returns what is assumed, and the facts under it.
func (h *history) behave(assumptions []Assumption, seed uint64) (*Behaviour, *compensation.Prepared) {
	b := &Behaviour{Assumptions: assumptions, Seed: seed}
	outcomes := slices.Clone(h.Goals.Outcome)
	fulfilled, not := uint8(domain.Outcomes.Index(domain.OutcomeFulfilled)), uint8(domain.Outcomes.Index(domain.OutcomeNotFulfilled))
	byArea := h.assessments()
	for area := range len(domain.LifeAreas) + 1 {
		a := AssumedArea{Assessed: len(byArea[area])}
		if area < len(domain.LifeAreas) {
			a.LifeArea = domain.LifeAreas[area]
		}
		if a.Share = shareOf(assumptions, a.LifeArea); a.Share.Sign() == 0 || a.Assessed == 0 {
			continue
		}
		to := fulfilled
		if a.Share.Sign() < 0 {
			to = not
		}
		var candidates []assessment
		for _, at := range byArea[area] {
			isFulfilled := outcomes[at.row] == fulfilled
			if isFulfilled {
				a.Fulfilled++
			}
			if isFulfilled != (to == fulfilled) {
				at.draw = h.draw(seed, at)
				candidates = append(candidates, at)
			}
		}
		slices.SortStableFunc(candidates, func(x, y assessment) int { return cmp.Compare(x.draw, y.draw) }) // rows stand by case and day
		n := changing(a.Share, a.Assessed, len(candidates))
		for _, at := range candidates[:n] {
			b.Changes = append(b.Changes, h.assumedChange(at, a.LifeArea, to))
			outcomes[at.row] = to
		}
		if a.Assumed = a.Fulfilled + n; to == not {
			a.Assumed = a.Fulfilled - n
		}
		b.LifeAreas = append(b.LifeAreas, a)
	}
	return b, h.WithOutcomes(outcomes)
}

// assessments returns the goals in question by life area, the last for those without.
func (h *history) assessments() [][]assessment {
	byArea := make([][]assessment, len(domain.LifeAreas)+1)
	notAssessed := uint8(domain.Outcomes.Index(domain.OutcomeNotAssessed))
	row := 0
	for f, held := range h.FollowUps.HeldOn {
		for ; row < int(h.FollowUps.GoalsTo[f]); row++ {
			if !h.Has(held.Month()) || held < h.inForceFrom || h.Goals.Outcome[row] == notAssessed {
				continue
			}
			area := min(int(h.Goals.LifeArea[row]), len(domain.LifeAreas))
			byArea[area] = append(byArea[area], assessment{row: row, followUp: f})
		}
	}
	return byArea
}

// shareOf returns what is assumed of a life area, 0 for nothing.
func shareOf(all []Assumption, lifeArea string) (share domain.Decimal) {
	for _, a := range all {
		if a.LifeArea == lifeArea {
			return a.Share
		}
		if a.LifeArea == "" {
			share = a.Share
		}
	}
	return share
}

// changing returns how many of the candidates change.
func changing(share domain.Decimal, assessed, candidates int) int {
	if share.Sign() < 0 {
		share = domain.Decimal{}.Sub(share)
	}
	n, _ := share.Mul(domain.DecimalOf(int64(assessed), 0)).QuoRound(domain.DecimalOf(1, 0), 0).Scaled(0)
	return min(int(n), candidates)
}

// draw returns the place of a goal among those of its life area.
func (h *history) draw(seed uint64, at assessment) uint64 {
	sum := sha256.Sum256(fmt.Appendf(nil, "careledger assume v1\n%d\n%s\n%s\n", seed, h.Cases[h.FollowUps.Case[at.followUp]].ID, h.Goals.ID[at.row]))
	return binary.BigEndian.Uint64(sum[:])
}

func (h *history) assumedChange(at assessment, lifeArea string, to uint8) AssumedChange {
	return AssumedChange{Case: h.Cases[h.FollowUps.Case[at.followUp]].ID, Goal: h.Goals.ID[at.row], FollowUp: h.FollowUps.ID[at.followUp],
		HeldOn: h.FollowUps.HeldOn[at.followUp], LifeArea: lifeArea, Outcome: domain.Outcomes[h.Goals.Outcome[at.row]], Assumed: domain.Outcomes[to]}
}
