// Says how many milliseconds a duration has: as a server, or once for the argument that it is given.
import { createServer } from "node:http";
import ms from "ms";

const [, , text] = process.argv;
if (text === undefined) serve();
else process.stdout.write(`${ms(text)}\n`);

function serve() {
  const server = createServer((request, response) => {
    const asked = new URL(request.url ?? "/", "http://localhost").searchParams.get("duration") ?? "";
    const milliseconds = asked === "" ? undefined : ms(asked);
    response.writeHead(milliseconds === undefined ? 400 : 200, { "content-type": "application/json" });
    response.end(`${JSON.stringify({ asked, milliseconds })}\n`);
  });
  server.listen(8080, () => process.stdout.write("listening on port 8080\n"));
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => server.close());
}
