// npm oidc-provider, a certified OpenID provider of others, in the place of the national login: identity's relying party
// has to get on with it. Settings come as JSON on standard input, one line.
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { Provider } from 'oidc-provider';

const line = await new Promise((resolve) => createInterface({ input: process.stdin }).once('line', resolve));
const { port, client_id: clientId, redirect_uri: redirectUri, jwk, acr, key } = JSON.parse(line);
const issuer = `http://127.0.0.1:${port}`;

const provider = new Provider(issuer, {
  clients: [{
    client_id: clientId,
    redirect_uris: [redirectUri],
    response_types: ['code'],
    grant_types: ['authorization_code'],
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'ES256',
    id_token_signed_response_alg: 'PS256',
    jwks: { keys: [jwk] },
  }],
  jwks: { keys: [key] },
  enabledJWA: { idTokenSigningAlgValues: ['PS256', 'RS256'] },
  cookies: { keys: ['trial'] },
  pkce: { required: () => true },
  acrValues: ['high', 'low'],
  scopes: ['openid', 'profile', 'phone', 'national_id'],
  claims: {
    openid: ['sub'],
    profile: ['name'],
    phone: ['phone_number', 'phone_number_verified'],
    national_id: ['national_id'],
  },
  conformIdTokenClaims: false,
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_ctx, id) => ({
    accountId: id,
    claims: () => ({
      sub: `peer|${id.length}|${id.slice(-2)}`,
      national_id: id,
      name: 'مستفيد تجريبي (بيانات تجريبية)',
      phone_number: '+966500000016',
      phone_number_verified: true,
    }),
  }),
  async loadExistingGrant(ctx) {
    const grant = new ctx.oidc.provider.Grant({
      clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId,
    });
    grant.addOIDCScope('openid profile phone national_id');
    await grant.save();
    return grant;
  },
});

// The person's part: GET /interaction/<uid>?login=<number> signs in, ?refuse=1 refuses.
createServer(async (request, response) => {
  if (!request.url.startsWith('/interaction/')) {
    provider.callback()(request, response);
    return;
  }
  const asked = new URL(request.url, issuer).searchParams;
  const result = asked.has('login')
    ? { login: { accountId: asked.get('login'), acr, remember: false } }
    : { error: 'access_denied', error_description: 'refused on the telephone' };
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}).listen(port, '127.0.0.1', () => console.log('ready'));
