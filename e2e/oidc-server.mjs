// A real OpenID Connect server (oidc-provider) as a city's own directory, for the length of a test.
import { generateKeyPairSync } from "node:crypto";
import { createServer } from "node:http";
import Provider from "oidc-provider";

function signingKey() {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { ...privateKey.export({ format: "jwk" }), use: "sig", alg: "RS256", kid: crypto.randomUUID() };
}

/** Who signs in is typed into its page, and how: `pwd`, or `pwd mfa`. It believes everything. */
const page = (uid) => `<!doctype html><html lang="ja"><title>市のディレクトリー</title>
<form method="post" action="/interaction/${uid}"><label>番号 <input name="subject" autofocus></label>
<label>方法 <input name="amr" value="pwd"></label><button>サインイン</button></form>`;

export async function startDirectory({ port, clientId, secret, redirectUri }) {
  const issuer = `http://localhost:${port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: clientId, client_secret: secret, redirect_uris: [redirectUri] }],
    jwks: { keys: [signingKey()] },
    cookies: { keys: [crypto.randomUUID()] },
    claims: { openid: ["sub", "amr", "acr"] },
    pkce: { required: () => true },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    // Staff do not consent to their own city.
    loadExistingGrant: async (ctx) => {
      const { client, session } = ctx.oidc;
      const grant = new ctx.oidc.provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope("openid");
      await grant.save();
      return grant;
    },
  });
  const answer = provider.callback();
  const server = createServer(async (request, response) => {
    const [, uid] = request.url.match(/^\/interaction\/([\w-]+)$/) ?? [];
    if (!uid) return answer(request, response);
    if (request.method === "GET") {
      response.setHeader("content-type", "text/html; charset=utf-8");
      return response.end(page(uid));
    }
    let body = "";
    for await (const part of request) body += part;
    const typed = new URLSearchParams(body);
    const login = { accountId: typed.get("subject"), amr: typed.get("amr").split(" "), remember: false };
    await provider.interactionFinished(request, response, { login });
  });
  await new Promise((resolve) => server.listen(port, "localhost", resolve));
  return { issuer, stop: () => new Promise((resolve) => (server.closeAllConnections(), server.close(resolve))) };
}
