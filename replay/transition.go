package replay

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"
	"strings"

	"careledger/domain"
)

// A transition limits how fast an alternative reaches a provider. The years of the transition are the twelve months from the month in which the
// alternative takes force, and so on; without InForceFrom that is the first month of the period. In year n a provider is paid what the
// alternative gives it, but no further from what the adopted policies give it in the same months than n × the share of that, cut down to whole öre:
//
//	limit = n × share × |adopted|, without what is below an öre
//	paid  = the amount from adopted − limit to adopted + limit that is nearest the alternative
//
// So the limit grows by the share each year until it no longer binds. It is the provider that is limited, not its units: the provider has the
// agreement and the books, and may even out between its units. Of a year that the period holds some months of, those months count. What the
// adopted policies pay nothing of stays at nothing, which is warned of. Months before the alternative takes force are paid as they are.

// ParseLimitChange reads a share of a year's adopted amount, in percent: 5%, 2.5%.
func ParseLimitChange(s string) (domain.Decimal, error) {
	number, percent := strings.CutSuffix(strings.TrimSpace(s), "%")
	d, err := domain.ParseDecimal(strings.TrimSpace(number))
	if !percent || err != nil {
		return domain.Decimal{}, fmt.Errorf("--limit-change: %q is not a share in percent; write for example 5%%, or 2.5%%", s)
	}
	share := d.Mul(domain.DecimalOf(1, 2))
	return share, checkLimitChange(share)
}

func checkLimitChange(share domain.Decimal) error {
	if share.Sign() <= 0 || share.Cmp(domain.DecimalOf(1, 0)) > 0 {
		return fmt.Errorf("--limit-change: %s %% a year is not above 0 and at most 100", percentText(share))
	}
	return nil
}

// percentText writes a share in percent.
func percentText(share domain.Decimal) string { return share.Mul(domain.DecimalOf(100, 0)).String() }

// Transition is an alternative with its yearly change limited.
type Transition struct {
	Share domain.Decimal // of the adopted amount, for each year: 0.05
	// Added is what the limit pays above the alternative to those who lose by it, and Withheld what it holds back from those who gain, both at
	// least 0. Total is the alternative's total + Added - Withheld.
	Total, Added, Withheld domain.Money
	Rows                   []TransitionRow // by provider, then year; those with a posting in the run or in adopted
}

// Percent returns Share in percent: 5.
func (t *Transition) Percent() string { return percentText(t.Share) }

// TransitionRow is a provider in one year of the transition.
type TransitionRow struct {
	Provider             string
	Year                 int // 1 for the first
	From, To             domain.Month
	Adopted, Alternative domain.Money
	Limit                domain.Money // that Paid may differ from Adopted by, at least 0
	Paid                 domain.Money
}

// Adjustment returns what the limit adds to the alternative, or, below 0, withholds.
func (r *TransitionRow) Adjustment() domain.Money { return r.Paid - r.Alternative }

// transition limits the alternative.
func (c *contrast) transition(share domain.Decimal, inForceFrom domain.Date) *Transition {
	first := c.adopted.From
	if inForceFrom != 0 {
		first = inForceFrom.Month()
	}
	t := &Transition{Share: share, Total: c.alternative.total()}
	rows := map[string][]*TransitionRow{} // by provider and year of the period, from the one with its first month
	for unit := range c.adopted.Units {
		provider := c.adopted.Units[unit].Provider
		for _, side := range []struct {
			*charges
			into func(*TransitionRow) *domain.Money
		}{{c.adopted, func(r *TransitionRow) *domain.Money { return &r.Adopted }}, {c.alternative, func(r *TransitionRow) *domain.Money { return &r.Alternative }}} {
			for _, kind := range side.kinds {
				for i, cell := range kind.cells[unit] {
					month := side.From + domain.Month(i)
					if !cell.any || month < first {
						continue
					}
					*side.into(transitionRow(rows, provider, first, month)) += cell.amount
				}
			}
		}
	}
	for provider, years := range rows {
		for _, r := range years {
			r.Provider = provider
			r.From, r.To = max(r.From, c.adopted.From), min(r.To, c.adopted.To)
			r.limit(share)
			t.Added += max(0, r.Adjustment())
			t.Withheld += max(0, -r.Adjustment())
			t.Rows = append(t.Rows, *r)
		}
	}
	t.Total += t.Added - t.Withheld
	slices.SortFunc(t.Rows, func(a, b TransitionRow) int {
		return cmp.Or(strings.Compare(a.Provider, b.Provider), cmp.Compare(a.Year, b.Year))
	})
	return t
}

// transitionRow returns the row of a provider's year, made if need be.
func transitionRow(rows map[string][]*TransitionRow, provider string, first, month domain.Month) *TransitionRow {
	year := int(month-first)/12 + 1
	for _, r := range rows[provider] {
		if r.Year == year {
			return r
		}
	}
	from := first + domain.Month(12*(year-1))
	r := &TransitionRow{Year: year, From: from, To: from + 11}
	rows[provider] = append(rows[provider], r)
	return r
}

// limit sets Limit and Paid.
func (r *TransitionRow) limit(share domain.Decimal) {
	decimals := share.Decimals()
	mantissa, _ := share.Scaled(decimals) // a share is at most 1, with the digits it was written with
	n := new(big.Int).Mul(big.NewInt(int64(max(r.Adopted, -r.Adopted))), big.NewInt(mantissa))
	n.Mul(n, big.NewInt(int64(r.Year)))
	n.Quo(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(decimals)), nil))
	r.Limit = domain.Money(n.Int64())
	r.Paid = min(max(r.Alternative, r.Adopted-r.Limit), r.Adopted+r.Limit)
}

// warnings names those who are kept at nothing.
func (t *Transition) warnings() (all []string) {
	var kept []string
	for _, r := range t.Rows {
		if r.Adopted == 0 && r.Alternative != 0 && !slices.Contains(kept, r.Provider) {
			kept = append(kept, r.Provider)
		}
	}
	if len(kept) > 0 {
		all = append(all, fmt.Sprintf("the limited change keeps at 0.00 in a year what the adopted policies pay nothing of then: %s", listed(kept)))
	}
	return all
}

// listed names the first few of a list.
func listed(all []string) string {
	const named = 5
	if len(all) <= named {
		return strings.Join(all, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(all[:named], ", "), len(all)-named)
}
