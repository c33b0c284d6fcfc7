// An OpenID provider that issues access tokens as JWT, and replaces its key for each request of /rotate.
// It prints "issuer URL" when it is ready.

import { createServer } from "node:http";
import { generateKeyPairSync } from "node:crypto";
import { Provider } from "oidc-provider";

const users = process.argv.slice(2);
const AUDIENCE = "linkspan";
let number = 0;

function newKey() {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  number++;
  return { ...privateKey.export({ format: "jwk" }), kid: `key-${number}`, use: "sig", alg: "RS256" };
}

/** Each user is a client that may ask for tokens of its own; the time of a token is its scope, in seconds. */
function newProvider(issuer) {
  return new Provider(issuer, {
    jwks: { keys: [newKey()] },
    clients: users.map((user) => ({
      client_id: user,
      client_secret: `secret of ${user}`,
      grant_types: ["client_credentials"],
      redirect_uris: [],
      response_types: [],
      token_endpoint_auth_method: "client_secret_post",
    })),
    scopes: ["3", "600"],
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          scope: "3 600",
          audience: AUDIENCE,
          accessTokenFormat: "jwt",
          jwt: { sign: { alg: "RS256" } },
        }),
      },
    },
    ttl: { ClientCredentials: (ctx, token) => Number(token.scope) },
  });
}

const server = createServer((request, response) => {
  if (request.url === "/rotate") {
    current = newProvider(issuer).callback();
    response.end(`key-${number}`);
  } else {
    current(request, response);
  }
});
server.listen(0, "127.0.0.1");
await new Promise((resolve) => server.on("listening", resolve));
const issuer = `http://127.0.0.1:${server.address().port}`;
let current = newProvider(issuer).callback();
console.log(`issuer ${issuer}`);
