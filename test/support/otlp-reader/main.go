// Reads OTLP as OpenTelemetry's Collector does: a list of requests in JSON comes in, each as Collector's own JSON goes out.
package main

import (
	"encoding/json"
	"log"
	"os"

	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

type request struct {
	Signal string
	Body   []byte
}

func read(one request) ([]byte, error) {
	if one.Signal == "traces" {
		traces, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(one.Body)
		if err != nil {
			return nil, err
		}
		return (&ptrace.JSONMarshaler{}).MarshalTraces(traces)
	}
	metrics, err := (&pmetric.ProtoUnmarshaler{}).UnmarshalMetrics(one.Body)
	if err != nil {
		return nil, err
	}
	return (&pmetric.JSONMarshaler{}).MarshalMetrics(metrics)
}

func main() {
	var requests []request
	if err := json.NewDecoder(os.Stdin).Decode(&requests); err != nil {
		log.Fatal(err)
	}
	read_ := make([]json.RawMessage, len(requests))
	for at, one := range requests {
		text, err := read(one)
		if err != nil {
			log.Fatal(err)
		}
		read_[at] = text
	}
	if err := json.NewEncoder(os.Stdout).Encode(read_); err != nil {
		log.Fatal(err)
	}
}
