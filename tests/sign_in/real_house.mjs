// A real, certified provider on this machine: node real_house.mjs FOLDER REDIRECT_URI CLIENT SECRET
// FOLDER holds node_modules with oidc-provider. Says "serving PORT" once it answers; everybody is who they say they are.
import { createRequire } from 'node:module';
import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';

const [folder, back, client, secret] = process.argv.slice(2);
const require = createRequire(`${folder}/package.json`);
const { Provider, default: fallback } = await import(pathToFileURL(require.resolve('oidc-provider')).href);

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address();
  const provider = new (Provider ?? fallback)(`http://127.0.0.1:${port}`, {
    clients: [{ client_id: client, client_secret: secret, redirect_uris: [back], response_types: ['code'] }],
    pkce: { required: () => true },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    features: { devInteractions: { enabled: true } },
  });
  server.on('request', provider.callback());
  process.stdout.write(`serving ${port}\n`);
});
