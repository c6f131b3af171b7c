// Asks an endpoint a query and prints the answer: the rows of a SELECT as JSON, the truth of an ASK, the quads of a CONSTRUCT.
import { QueryEngine } from "@comunica/query-sparql";

const [address, query] = process.argv.slice(2);
const result = await new QueryEngine().query(query, { sources: [address] });
const answer = await result.execute();
if (result.resultType === "bindings") {
  const rows = await answer.toArray();
  console.log(JSON.stringify(rows.map((row) => Object.fromEntries([...row].map(([name, term]) => [name.value, term.value])))));
} else if (result.resultType === "quads") {
  console.log(JSON.stringify((await answer.toArray()).map((quad) => [quad.subject.value, quad.predicate.value, quad.object.value])));
} else {
  console.log(JSON.stringify(answer));
}
