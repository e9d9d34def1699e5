package web

import (
	"cmp"
	"errors"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"careledger/cmd/careledger/internal/words"
	"careledger/domain"
	"careledger/domain/compensation"
)

// filter is what all pages have in common in their addresses. Its zero value leaves out nothing, as known now, in Swedish.
type filter struct {
	Period    compensation.Period // time: zero for all
	Provider  string              // provider: an id
	Unit      string              // unit: an id
	AsOf      string              // as-of, known on: a date (the end of it in Sweden), an RFC 3339 time, or the number of an event
	Authority string              // authority: a code; the first where the ledger holds several
	Language  words.Language      // lang: "" is Swedish
}

// filterNames are the words of a filter in an address.
var filterNames = domain.Codes{"time", "provider", "unit", "as-of", "authority", "lang"}

var partyID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)

// parseFilter reads a filter from an address, and says everything that is wrong with it. An empty word is none: a form sends those.
func parseFilter(v url.Values) (f filter, err error) {
	var errs []error
	for _, name := range filterNames {
		if len(v[name]) > 1 {
			errs = append(errs, wrongly(name, "wrong.twice"))
		}
	}
	f.Period, err = parsePeriod(v.Get("time"))
	errs = append(errs, err)
	for _, party := range []struct {
		name string
		into *string
	}{{"provider", &f.Provider}, {"unit", &f.Unit}} {
		if *party.into = v.Get(party.name); *party.into != "" && !partyID.MatchString(*party.into) {
			errs = append(errs, wrongly(party.name, "wrong.party_id", *party.into))
		}
	}
	f.AsOf = v.Get("as-of")
	errs = append(errs, checkAsOf(f.AsOf))
	if f.Authority = v.Get("authority"); f.Authority != "" && domain.ParseAuthority(f.Authority) != nil {
		errs = append(errs, wrongly("authority", "wrong.authority"))
	}
	if f.Language = words.Language(v.Get("lang")); f.Language != "" && !words.Languages.Has(string(f.Language)) {
		errs = append(errs, wrongly("lang", "wrong.one_of", string(f.Language), words.Languages))
	}
	if f.Language == words.Swedish { // one address for each answer
		f.Language = ""
	}
	if err := errors.Join(errs...); err != nil {
		return filter{Language: f.language()}, err
	}
	return f, nil
}

func checkAsOf(s string) error {
	if _, err := domain.ParseDate(s); s == "" || err == nil {
		return nil
	}
	if _, err := time.Parse(time.RFC3339, s); err == nil {
		return nil
	}
	if n, err := strconv.ParseUint(s, 10, 64); err == nil && strconv.FormatUint(n, 10) == s {
		return nil
	}
	return wrongly("as-of", "wrong.as_of", s)
}

// language is the one that the page is in.
func (f *filter) language() words.Language {
	if f.Language == words.English {
		return words.English
	}
	return words.Swedish
}

// values writes a filter so that parseFilter reads the same.
func (f *filter) values() url.Values {
	v := url.Values{}
	for i, word := range []string{printPeriod(f.Period), f.Provider, f.Unit, f.AsOf, f.Authority, string(f.Language)} {
		if word != "" {
			v.Set(filterNames[i], word)
		}
	}
	return v
}

// asOf returns as-of as a question takes it: a date or time, and the number of an event, of which one is there at most.
func (f *filter) asOf() (moment string, sequence *uint64) {
	if n, err := strconv.ParseUint(f.AsOf, 10, 64); err == nil {
		return "", &n
	}
	return f.AsOf, nil
}

// address writes a path with words in a fixed order: those of filters first, the others by name, so that the same answer has one address. A name that
// has several words stands once for each.
func address(path string, v url.Values) string {
	names := slices.Collect(maps.Keys(v))
	slices.SortFunc(names, func(a, b string) int {
		x, y := slices.Index(filterNames, a), slices.Index(filterNames, b)
		if x < 0 || y < 0 {
			return cmp.Or(cmp.Compare(y, x), cmp.Compare(a, b))
		}
		return cmp.Compare(x, y)
	})
	mark := "?"
	for _, name := range names {
		for _, word := range v[name] {
			if word != "" {
				path += mark + url.QueryEscape(name) + "=" + strings.ReplaceAll(url.QueryEscape(word), "%2C", ",") // which needs no escape, and is read more easily
				mark = "&"
			}
		}
	}
	return path
}
