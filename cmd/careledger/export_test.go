package main

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/charmap"

	"careledger/domain"
)

// scriptCommands are the commands of the scripts besides careledger:
//
//	cp437 FILE TEXT    reads FILE as the code page of SIE files, its lines ended by CR LF, and writes it to TEXT as UTF-8
//	addsup FILE TOTAL  checks that a statement's lines, in CSV or a workbook, come to its total, and that this is TOTAL
func scriptCommands() map[string]func(ts *testscript.TestScript, neg bool, args []string) {
	return map[string]func(ts *testscript.TestScript, neg bool, args []string){"cp437": decodeCP437, "addsup": addsUp, "validates": validates, "derives": derives, "statuses": statuses}
}

func decodeCP437(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: cp437 FILE TEXT")
	}
	file := ts.ReadFile(args[0])
	if lines := strings.Count(file, "\n"); lines != strings.Count(file, "\r\n") || !strings.HasSuffix(file, "\n") {
		ts.Fatalf("%s has lines that do not end in CR LF", args[0])
	}
	text, err := charmap.CodePage437.NewDecoder().String(file)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(strings.ReplaceAll(text, "\r\n", "\n")), 0o644))
}

func addsUp(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: addsup FILE TOTAL")
	}
	read := statementRowsCSV
	if filepath.Ext(args[0]) == ".xlsx" {
		read = statementRowsXLSX
	}
	var sum domain.Money
	lines, amount := false, -1
	for _, row := range read(ts, args[0]) {
		if len(row) == 0 {
			continue
		}
		if row[0] == "Månad" && len(row) > 3 {
			lines, amount = true, slices.Index(row, "Belopp")
			continue
		}
		if !lines {
			continue
		}
		kronor, err := domain.ParseMoney(row[amount])
		ts.Check(err)
		if row[0] != "Summa" {
			sum += kronor
			continue
		}
		if kronor != sum || kronor.String() != args[1] {
			ts.Fatalf("%s: the lines come to %s, the total is %s, and it should be %s", args[0], sum, kronor, args[1])
		}
		return
	}
	ts.Fatalf("%s has no total", args[0])
}

func statementRowsCSV(ts *testscript.TestScript, file string) [][]string {
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(ts.ReadFile(file), "\ufeff")))
	r.Comma, r.FieldsPerRecord = ';', -1
	rows, err := r.ReadAll()
	ts.Check(err)
	for _, row := range rows {
		for i := range row {
			if _, err := domain.ParseMoney(strings.Replace(row[i], ",", ".", 1)); err == nil {
				row[i] = strings.Replace(row[i], ",", ".", 1)
			}
		}
	}
	return rows
}

// statementRowsXLSX reads the first sheet with its sums calculated, as raw numbers.
func statementRowsXLSX(ts *testscript.TestScript, file string) [][]string {
	f, err := excelize.OpenFile(ts.MkAbs(file), excelize.Options{RawCellValue: true})
	ts.Check(err)
	defer f.Close()
	rows, err := f.GetRows(f.GetSheetName(0))
	ts.Check(err)
	for y, row := range rows {
		for x := range row {
			cell, err := excelize.CoordinatesToCellName(x+1, y+1)
			ts.Check(err)
			if formula, err := f.GetCellFormula(f.GetSheetName(0), cell); err == nil && formula != "" {
				row[x], err = f.CalcCellValue(f.GetSheetName(0), cell, excelize.Options{RawCellValue: true})
				ts.Check(err)
			}
		}
	}
	return rows
}
