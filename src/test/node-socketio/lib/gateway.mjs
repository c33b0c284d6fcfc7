// The gateway's HTTP API.

/** Sends a Message as a service does, and resolves with the status and body of the answer. */
export async function post(management, message, query) {
  const response = await fetch(`${management}v1/messages?${query}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(message),
  });
  return { status: response.status, body: await response.json() };
}
