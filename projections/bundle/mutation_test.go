package bundle

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"careledger/domain"
)

// requireNothingTold: there is a finding, and no figure.
func requireNothingTold(t *testing.T, v *Verification, format string, args ...any) {
	t.Helper()
	require.NotEmptyf(t, v.Findings, format, args...)
	require.Nil(t, v.Result)
	require.Nil(t, v.Checkpoint)
	for _, f := range v.Findings {
		require.NotEmpty(t, f.What)
		require.NotEmpty(t, f.Do)
	}
}

// damages are what can happen to a file. Each returns the altered file and the first altered line, from 0.
var damages = map[string]func(r *rand.Rand, file []byte) (altered []byte, line int){
	"a bit is flipped": func(r *rand.Rand, file []byte) ([]byte, int) {
		at := r.IntN(len(file))
		b := bytes.Clone(file)
		b[at] ^= 1 << r.IntN(8)
		return b, lineAt(file, at)
	},
	"bytes are cut out": func(r *rand.Rand, file []byte) ([]byte, int) {
		at := r.IntN(len(file))
		return slices.Delete(bytes.Clone(file), at, min(len(file), at+1+r.IntN(200))), lineAt(file, at)
	},
	"the end is cut": func(r *rand.Rand, file []byte) ([]byte, int) {
		at := r.IntN(len(file))
		return bytes.Clone(file[:at]), lineAt(file, at)
	},
	"two bytes are swapped": func(r *rand.Rand, file []byte) ([]byte, int) {
		a, z := r.IntN(len(file)), r.IntN(len(file))
		b := bytes.Clone(file)
		b[a], b[z] = b[z], b[a]
		return b, lineAt(file, min(a, z))
	},
	"bytes are added": func(r *rand.Rand, file []byte) ([]byte, int) {
		at := r.IntN(len(file) + 1)
		return slices.Insert(bytes.Clone(file), at, []byte("0123")[:1+r.IntN(4)]...), lineAt(file, at)
	},
	"two lines are swapped": func(r *rand.Rand, file []byte) ([]byte, int) {
		lines := linesOf(file)
		a, z := r.IntN(len(lines)), r.IntN(len(lines))
		lines[a], lines[z] = lines[z], lines[a]
		return bytes.Join(lines, nil), min(a, z)
	},
	"a line is dropped": func(r *rand.Rand, file []byte) ([]byte, int) {
		lines := linesOf(file)
		at := r.IntN(len(lines))
		return bytes.Join(slices.Delete(lines, at, at+1), nil), at
	},
	"a line is there twice": func(r *rand.Rand, file []byte) ([]byte, int) {
		lines := linesOf(file)
		at := r.IntN(len(lines))
		return bytes.Join(slices.Insert(lines, at, lines[at]), nil), at
	},
}

func lineAt(file []byte, at int) int { return bytes.Count(file[:min(at, len(file))], []byte("\n")) }

func linesOf(file []byte) [][]byte {
	lines := bytes.SplitAfter(file, []byte("\n"))
	return lines[:len(lines)-1]
}

func TestEveryDamageToABundleIsFoundAndNamed(t *testing.T) {
	v := newVillage(t)
	_, file := v.made(v.second, false)
	names := slices.Sorted(maps.Keys(damages))
	r, done := rand.New(rand.NewPCG(4, 4)), 0
	for done < 400 {
		name := names[done%len(names)]
		altered, line := damages[name](r, file)
		if bytes.Equal(altered, file) {
			continue
		}
		done++
		found, err := Verify(t.Context(), altered, Expected{Now: now})
		require.NoError(t, err)
		requireNothingTold(t, found, "%s in line %d", name, line+1)
		if name == "a bit is flipped" || name == "two bytes are swapped" { // what is lost or moved is named by what misses it
			require.InDelta(t, line+1, found.Findings[0].Line, 1, "%s: %+v", name, found.Findings[0])
		}
	}
}

// Whoever alters a byte can write the hashes anew. Then the signature, the proofs, the amounts or the derivation say so.
func TestEveryAlteredByteIsFoundAlsoWhereTheHashesAreMadeAnew(t *testing.T) {
	v := newVillage(t)
	b, file := v.made(v.second, true)
	r, lines := rand.New(rand.NewPCG(5, 5)), linesOf(file)
	for range 400 {
		at := r.IntN(len(lines) - 1)
		body, ok := unsealed(bytes.TrimSuffix(lines[at], []byte("\n")))
		require.True(t, ok)
		i := r.IntN(len(body))
		body[i] ^= byte(1 + r.IntN(127))
		altered := slices.Clone(lines[:len(lines)-1])
		altered[at] = append(sealed(body), '\n')
		found, err := Verify(t.Context(), resealed(t, altered), Expected{Key: b.VerifierKey, Now: now})
		require.NoError(t, err)
		requireNothingTold(t, found, "line %d, byte %d: %s", at+1, i, body)
		if section, sequence := guess(lines[at], at, len(lines)); section == SectionEvent {
			named := slices.ContainsFunc(found.Findings, func(f Finding) bool { return f.Line == at+1 || f.Line == at+2 })
			require.True(t, named, "event %d is named: %+v", sequence, found.Findings)
		}
	}
}

// resealed closes lines with the end that they would have had.
func resealed(t *testing.T, lines [][]byte) []byte {
	w := &writer{out: bytes.Join(lines, nil), lines: bytes.Count(bytes.Join(lines, nil), []byte("\n"))}
	w.end()
	require.NoError(t, w.err)
	return w.out
}

// FuzzParse: no file makes the reader panic, and one that it takes is written again byte for byte.
func FuzzParse(f *testing.F) {
	b := &Bundle{Authority: "1281", Payout: domain.Entity("payout/2020-01-a"), VerifierKey: "k", Checkpoint: []byte("note\n"), Derivation: []byte(`{}`)}
	file, err := b.Encode()
	require.NoError(f, err)
	f.Add(file)
	f.Add([]byte("{}\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		read, found := Parse(file)
		if len(found) > 0 {
			return
		}
		again, err := read.Encode()
		require.NoError(t, err)
		require.Equal(t, file, again)
	})
}
