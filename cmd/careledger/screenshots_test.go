package main

import (
	"bytes"
	"cmp"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

const screenshotBytes = 150_000 // at most, of one in the README

// screenshots are the pages that the README shows: where each is, and how much of it, in CSS pixels of a window that is 1200 wide.
var screenshots = []struct {
	name, path string
	height     int64
}{
	{"overview", "/overview?step=year", 1500},
	{"payout", waitingPayout + "?lang=en", 1250},
	{"why", waitingPayout + "/why/1", 1400},
	{"what-if", "/what-if?time=2015..2016&set=" + goalPremium + "%3D350", 1950},
	{"trail", "/trail?kind=case&id=l001", 1300},
}

// The pictures of the README are of the pages as they are: go test ./cmd/careledger -run TestScreenshots -update takes them anew. Without -update they are
// looked at: that they are there, and no larger than a README can bear.
func TestScreenshots(t *testing.T) {
	file := func(name string) string { return filepath.Join("testdata", "screenshots", name+".png") }
	if *update {
		browser := startBrowser(t)
		address := serveDemo(t)
		b := newTab(t, browser, address.root)
		b.signIn(address, "auditor-1")
		b.open("/purpose")
		b.sayPurpose("review of 2016")
		for _, s := range screenshots {
			b.do(chromedp.EmulateViewport(1200, s.height))
			b.open(s.path)
			taken, err := chromedp.Run(b.ctx, chromedp.CaptureScreenshot())
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(file(s.name), smaller(t, taken), 0o644))
		}
	}
	for _, s := range screenshots {
		data, err := os.ReadFile(file(s.name))
		require.NoError(t, err)
		require.LessOrEqual(t, len(data), screenshotBytes, s.name)
		config, err := png.DecodeConfig(bytes.NewReader(data))
		require.NoError(t, err)
		require.Equal(t, image.Pt(1200, int(s.height)), image.Pt(config.Width, config.Height), "%s: take it anew with -update", s.name)
	}
}

// smaller is a picture in the 64 colours that it has most of, a third of its bytes: pages are text on white.
func smaller(t *testing.T, data []byte) []byte {
	const colours = 64
	whole, err := png.Decode(bytes.NewReader(data))
	require.NoError(t, err)
	area, counts := whole.Bounds(), map[color.RGBA]int{}
	for y := area.Min.Y; y < area.Max.Y; y++ {
		for x := area.Min.X; x < area.Max.X; x++ {
			counts[color.RGBAModel.Convert(whole.At(x, y)).(color.RGBA)]++
		}
	}
	most := slices.SortedFunc(maps.Keys(counts), func(a, b color.RGBA) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a.R, b.R), cmp.Compare(a.G, b.G), cmp.Compare(a.B, b.B))
	})
	var palette color.Palette
	for _, c := range most[:min(colours, len(most))] {
		palette = append(palette, c)
	}
	few := image.NewPaletted(area, palette)
	draw.Draw(few, area, whole, area.Min, draw.Src)
	var b bytes.Buffer
	require.NoError(t, (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, few))
	return b.Bytes()
}
