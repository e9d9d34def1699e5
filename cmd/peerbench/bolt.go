package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/hallgren/eventsourcing"
	"github.com/hallgren/eventsourcing/aggregate"
	"github.com/hallgren/eventsourcing/core"
	"go.etcd.io/bbolt"
)

// boltStore is a store for github.com/hallgren/eventsourcing in a bbolt file. The library's own stores are modules of their own, which the module
// proxy of this project does not hand out; this one keeps what its contract asks for: a bucket per aggregate whose versions follow one
// another, and the order of all events. An event is stored once, and the aggregate's bucket points to it.
type boltStore struct {
	db *bbolt.DB
	// grouped lets callers that wait at the same time share a transaction and its sync.
	grouped bool
}

func openBolt(path string) (*boltStore, error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second, FreelistType: bbolt.FreelistMapType})
	if err != nil {
		return nil, err
	}
	return &boltStore{db: db}, db.Update(func(tx *bbolt.Tx) error {
		_, err := tx.CreateBucketIfNotExists([]byte("events"))
		return err
	})
}

// Save implements core.EventStore.
func (b *boltStore) Save(events []core.Event) error {
	if len(events) == 0 {
		return nil
	}
	write := b.db.Update
	if b.grouped {
		write = b.db.Batch
	}
	return write(func(tx *bbolt.Tx) error {
		all := tx.Bucket([]byte("events"))
		mine, err := tx.CreateBucketIfNotExists([]byte(events[0].AggregateType + "/" + events[0].AggregateID))
		if err != nil {
			return err
		}
		last := uint64(0)
		if k, _ := mine.Cursor().Last(); k != nil {
			last = binary.BigEndian.Uint64(k)
		}
		if uint64(events[0].Version) != last+1 {
			return core.ErrConcurrency
		}
		for i := range events {
			n, err := all.NextSequence()
			if err != nil {
				return err
			}
			events[i].GlobalVersion = core.Version(n)
			value, err := json.Marshal(events[i])
			if err != nil {
				return err
			}
			if err := errors.Join(all.Put(key(n), value), mine.Put(key(uint64(events[i].Version)), key(n))); err != nil {
				return err
			}
		}
		return nil
	})
}

func key(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// Get implements core.EventStore.
func (b *boltStore) Get(_ context.Context, id, aggregateType string, after core.Version) (core.Iterator, error) {
	var events []core.Event
	err := b.db.View(func(tx *bbolt.Tx) error {
		all, mine := tx.Bucket([]byte("events")), tx.Bucket([]byte(aggregateType+"/"+id))
		if mine == nil {
			return nil
		}
		at := mine.Cursor()
		for k, v := at.Seek(key(uint64(after) + 1)); k != nil; k, v = at.Next() {
			var e core.Event
			if err := json.Unmarshal(all.Get(v), &e); err != nil {
				return err
			}
			events = append(events, e)
		}
		return nil
	})
	return &iterator{events: events}, err
}

// all returns what a projection fetches its events with, in the order of all, so many at a time.
func (b *boltStore) all(count int) core.Fetcher {
	next := uint64(1)
	return func() (core.Iterator, error) {
		events := make([]core.Event, 0, count)
		err := b.db.View(func(tx *bbolt.Tx) error {
			at := tx.Bucket([]byte("events")).Cursor()
			for k, v := at.Seek(key(next)); k != nil && len(events) < count; k, v = at.Next() {
				var e core.Event
				if err := json.Unmarshal(v, &e); err != nil {
					return err
				}
				events = append(events, e)
			}
			return nil
		})
		next += uint64(len(events))
		return &iterator{events: events}, err
	}
}

// iterator implements core.Iterator.
type iterator struct {
	events []core.Event
	at     int
}

func (i *iterator) Next() bool                 { i.at++; return i.at <= len(i.events) }
func (i *iterator) Value() (core.Event, error) { return i.events[i.at-1], nil }
func (i *iterator) Close()                     {}

// caseFile is the aggregate that the library keeps: an entity with its records.
type caseFile struct {
	aggregate.Root
	records int
}

// recorded is the event of a caseFile: a record of the history.
type recorded struct {
	ID, Type, Effective, Recorded, Actor string
	Data                                 json.RawMessage
}

// Transition implements the library's aggregate.
func (c *caseFile) Transition(eventsourcing.Event) { c.records++ }

// Register implements the library's aggregate.
func (c *caseFile) Register(r aggregate.RegisterFunc) { r(&recorded{}) }

func recordedOf(r *Record) *recorded {
	return &recorded{r.ID, r.Type, r.Effective, r.Recorded.Format(time.RFC3339), r.Actor, r.Data}
}

// loadBolt saves the history through the library, so many records at a time and the records of an entity among them in one call. It syncs once, at the
// end, as a bulk load would.
func loadBolt(path string, h *History) (err error) {
	aggregate.Register(&caseFile{}) // the library keeps what it knows of for the whole process
	store, err := openBolt(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.db.Close()) }()
	store.db.NoSync = true
	const batch = 10_000
	entities, changed, n := map[string]*caseFile{}, map[string]*caseFile{}, 0
	save := func() error {
		for _, c := range changed {
			if err := aggregate.Save(store, c); err != nil {
				return err
			}
		}
		clear(changed)
		return nil
	}
	err = h.each(func(r *Record) error {
		c := entities[r.Entity]
		if c == nil {
			c = &caseFile{}
			if err := c.SetID(r.Entity); err != nil {
				return err
			}
			entities[r.Entity] = c
		}
		aggregate.TrackChange(c, recordedOf(r))
		changed[r.Entity] = c
		if n++; n%batch == 0 {
			return save()
		}
		return nil
	})
	return errors.Join(err, save(), store.db.Sync())
}

// readBolt reads all events in order through the library's projection and returns how many they were.
func readBolt(ctx context.Context, path string) (n int, err error) {
	aggregate.Register(&caseFile{}) // the library keeps what it knows of for the whole process
	store, err := openBolt(path)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, store.db.Close()) }()
	p := eventsourcing.NewProjection(store.all(10_000), func(e eventsourcing.Event) error {
		if _, ok := e.Data().(*recorded); !ok {
			return fmt.Errorf("event %d is a %T", e.GlobalVersion(), e.Data())
		}
		n++
		return nil
	})
	return n, p.RunToEnd(ctx).Error
}
