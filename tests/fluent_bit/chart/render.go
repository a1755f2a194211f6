// Renders templates of a Helm chart with Go's own template engine, which is Helm's: for machines without helm.
//
// Reads one JSON object: `templates` (name to text), `render` (which of them), `data` (Values, Release, Chart). Writes what they
// render to. Helm's additional functions are here as far as the charts of fluent-logshipping-app and of Fluent Bit use them; a template
// that needs another one does not parse, and the test that called this fails.
package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strconv"
	"strings"
	"text/template"
)

// A cluster that offers no optional API.
type apiVersions struct{}

func (apiVersions) Has(string) bool { return false }

func empty(value any) bool { return value == nil || reflect.ValueOf(value).IsZero() }

func indent(by int, text string) string {
	pad := strings.Repeat(" ", by)
	return pad + strings.ReplaceAll(text, "\n", "\n"+pad)
}

// JSON is YAML, except that items may be appended to a list in block style.
func toYaml(value any) (string, error) {
	if list, ok := value.([]any); ok {
		var lines []string
		for _, item := range list {
			text, err := json.Marshal(item)
			if err != nil {
				return "", err
			}
			lines = append(lines, "- "+string(text))
		}
		return strings.Join(lines, "\n"), nil
	}
	text, err := json.Marshal(value)
	return string(text), err
}

func main() {
	var input struct {
		Templates map[string]string
		Render    []string
		Data      map[string]any
	}
	decoder := json.NewDecoder(os.Stdin)
	decoder.UseNumber() // as written, not as 2e+08
	check(decoder.Decode(&input))
	input.Data["Capabilities"] = map[string]any{"APIVersions": apiVersions{}}

	root := template.New("chart").Option("missingkey=zero")
	root.Funcs(template.FuncMap{
		"include": func(name string, data any) (string, error) {
			var text strings.Builder
			err := root.ExecuteTemplate(&text, name, data)
			return text.String(), err
		},
		"default": func(fallback, value any) any {
			if empty(value) {
				return fallback
			}
			return value
		},
		"contains": func(part, text string) bool { return strings.Contains(text, part) },
		"dict": func(pairs ...any) map[string]any {
			made := map[string]any{}
			for at := 0; at+1 < len(pairs); at += 2 {
				made[fmt.Sprint(pairs[at])] = pairs[at+1]
			}
			return made
		},
		"empty": empty,
		"has": func(needle any, list []any) bool {
			for _, item := range list {
				if reflect.DeepEqual(item, needle) {
					return true
				}
			}
			return false
		},
		"indent":     indent,
		"int": func(value any) (int, error) { return strconv.Atoi(fmt.Sprint(value)) },
		"kindIs": func(kind string, value any) bool {
			return value != nil && reflect.ValueOf(value).Kind().String() == kind
		},
		"merge": func(into, from map[string]any) map[string]any {
			for key, value := range from {
				if empty(into[key]) {
					into[key] = value
				}
			}
			return into
		},
		"nindent":    func(by int, text string) string { return "\n" + indent(by, text) },
		"quote":      func(value any) string { return fmt.Sprintf("%q", fmt.Sprint(value)) },
		"replace":    func(from, to, text string) string { return strings.ReplaceAll(text, from, to) },
		// Only asked about a cluster's version, in templates that are not rendered here.
		"semverCompare": func(string, string) (bool, error) { return false, fmt.Errorf("no cluster to compare with") },
		"sha256sum":     func(text string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(text))) },
		"ternary": func(yes, no any, test bool) any {
			if test {
				return yes
			}
			return no
		},
		"toString": func(value any) string {
			if value == nil {
				return ""
			}
			return fmt.Sprint(value)
		},
		"tpl": func(text string, data any) (string, error) {
			part, err := template.Must(root.Clone()).New("tpl").Parse(text)
			if err != nil {
				return "", err
			}
			var rendered strings.Builder
			err = part.Execute(&rendered, data)
			return rendered.String(), err
		},
		"trimPrefix": func(prefix, text string) string { return strings.TrimPrefix(text, prefix) },
		"trimSuffix": func(suffix, text string) string { return strings.TrimSuffix(text, suffix) },
		"trunc": func(length int, text string) string {
			return text[:min(length, len(text))]
		},
		"toYaml": toYaml,
	})
	for name, text := range input.Templates {
		_, err := root.New(name).Parse(text)
		check(err)
	}
	for _, name := range input.Render {
		fmt.Println("\n---") // a template need not end its last line
		check(root.ExecuteTemplate(os.Stdout, name, input.Data))
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
