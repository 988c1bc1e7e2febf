// What Go's readers of YAML make of texts: a JSON list of texts comes in, for each a list of three trees goes out, by
// yaml.v2, yaml.v3 and sigs.k8s.io/yaml (Helm's, kubectl's and Argo CD's); null where it can't be read. A string is
// itself, any other scalar {"type": …, "text": …} as templates print it.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	v2 "gopkg.in/yaml.v2"
	v3 "gopkg.in/yaml.v3"
	sigs "sigs.k8s.io/yaml"
)

func main() {
	var texts []string
	if err := json.NewDecoder(os.Stdin).Decode(&texts); err != nil {
		panic(err)
	}
	answers := make([][3]any, len(texts))
	for i, text := range texts {
		for j, read := range []func([]byte, any) error{
			v2.Unmarshal,
			v3.Unmarshal,
			func(b []byte, v any) error { return sigs.Unmarshal(b, v) },
		} {
			answers[i][j] = tree([]byte(text), read)
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		panic(err)
	}
}

func tree(text []byte, read func([]byte, any) error) (seen any) {
	defer func() {
		if recover() != nil {
			seen = nil
		}
	}()
	var value any
	if err := read(text, &value); err != nil {
		return nil
	}
	return []any{plain(value)}
}

func plain(value any) any {
	switch one := value.(type) {
	case string:
		return one
	case []any:
		list := make([]any, len(one))
		for i, item := range one {
			list[i] = plain(item)
		}
		return list
	case map[string]any:
		made := map[string]any{}
		for key, item := range one {
			made[key] = plain(item)
		}
		return made
	case map[any]any:
		made := map[string]any{}
		for key, item := range one {
			made[fmt.Sprint(key)] = plain(item)
		}
		return made
	}
	return map[string]any{"type": fmt.Sprintf("%T", value), "text": fmt.Sprint(value)}
}
