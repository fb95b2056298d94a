// Keeps a local copy of the directory: the snapshot, then the changes, as server-sent events.
//
//	follow http://localhost:8080 copy.json [LAST-ID-TO-STOP-AT]
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"strings"

	cloudevents "github.com/cloudevents/sdk-go/v2"
	"github.com/r3labs/sse/v2"
)

type directory struct {
	ID      string                     `json:"id"`
	Records map[string]json.RawMessage `json:"records"`
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func snapshot(base string) directory {
	answer, err := http.Get(base + "/v1/snapshots/latest?format=ndjson")
	must(err)
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		log.Fatal(answer.Status)
	}
	lines := bufio.NewScanner(answer.Body)
	lines.Buffer(nil, 16<<20)
	var head struct{ AsOf struct{ ID string } }
	lines.Scan()
	must(json.Unmarshal(lines.Bytes(), &head))
	copy := directory{head.AsOf.ID, map[string]json.RawMessage{}}
	for lines.Scan() {
		var record struct{ Code, Scheme string }
		must(json.Unmarshal(lines.Bytes(), &record))
		key := record.Code
		if record.Scheme != "gov" && record.Scheme != "enterprise" {
			key = record.Scheme + ":" + key
		}
		copy.Records[key] = append(json.RawMessage(nil), lines.Bytes()...)
	}
	must(lines.Err())
	return copy
}

// Records and place together: after a crash neither is ahead of the other.
func (d *directory) save(path string) {
	text, err := json.Marshal(d)
	must(err)
	must(os.WriteFile(path+".new", text, 0o644))
	must(os.Rename(path+".new", path))
}

func (d *directory) take(text []byte) {
	event := cloudevents.NewEvent()
	must(json.Unmarshal(text, &event))
	if event.ID() <= d.ID {
		return // known: a repeat changes nothing
	}
	var data struct{ Record json.RawMessage }
	must(event.DataAs(&data))
	if string(data.Record) != "null" && !strings.HasPrefix(event.Subject(), "scheme:") {
		d.Records[event.Subject()] = data.Record
	}
	d.ID = event.ID()
}

func main() {
	base, path, last := os.Args[1], os.Args[2], ""
	if len(os.Args) > 3 {
		last = os.Args[3]
	}
	var d directory
	if text, err := os.ReadFile(path); err == nil {
		must(json.Unmarshal(text, &d))
	} else {
		d = snapshot(base)
	}
	d.save(path)
	for last == "" || d.ID < last {
		ctx, stop := context.WithCancel(context.Background())
		client := sse.NewClient(base+"/v1/changes/stream?after="+d.ID, sse.ClientMaxBufferSize(16<<20))
		err := client.SubscribeRawWithContext(ctx, func(message *sse.Event) {
			switch string(message.Event) {
			case "change":
				d.take(message.Data)
			case "reset": // another epoch: begin again
				d = snapshot(base)
				stop()
			default:
				return
			}
			d.save(path)
			if last != "" && d.ID >= last {
				stop()
			}
		})
		stop()
		if err != nil && ctx.Err() == nil {
			log.Print(err)
		}
	}
}
