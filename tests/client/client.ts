// What a frontend writes by hand: the rest is generated from api/openapi.yaml.
import createClient, { type Client } from "openapi-fetch";
import type {
  CreatedPhoto,
  KnownPhoto,
  NewPhoto,
  operations,
  paths,
  PhotoPage,
  Problem,
  ReadyPhoto,
  UploadForm,
} from "./api.ts";

export type PhotoSky = Client<paths>;
export type ContentType = NewPhoto["content_type"];
export type Listing = Omit<NonNullable<operations["listPhotos"]["parameters"]["query"]>, "cursor">;

/** The API for one signed-in user; `token` is asked for before each request, so that it can be refreshed. */
export function photosky(baseUrl: string, token: () => string): PhotoSky {
  const api = createClient<paths>({ baseUrl });
  api.use({
    onRequest({ request }) {
      request.headers.set("Authorization", `Bearer ${token()}`);
      return request;
    },
  });
  return api;
}

/** The body of an answer; throws what the API said instead. */
export function given<T>({ data, error, response }: { data?: T; error?: Problem; response: Response }): T {
  if (data === undefined) throw new Error(`${response.status} ${error?.code}: ${error?.detail}`);
  return data;
}

/** Whether there is something to upload, or the owner has the photo already. */
export function awaitsUpload(created: CreatedPhoto | KnownPhoto): created is CreatedPhoto {
  return "upload" in created;
}

/** Send the bytes with the form that creating the photo gave: its fields first, the file last, no token. */
export async function upload(form: UploadForm, bytes: Blob): Promise<Response> {
  const body = new FormData();
  for (const [name, value] of Object.entries(form.fields)) body.append(name, value);
  body.append("file", bytes);
  return fetch(form.url, { method: "POST", body });
}

/** All ready photos, one page after the other. */
export async function* everything(api: PhotoSky, listing: Listing): AsyncGenerator<ReadyPhoto> {
  let cursor: string | null = null;
  do {
    const query: Listing & { cursor?: string } = cursor ? { ...listing, cursor } : listing;
    const page: PhotoPage = given(await api.GET("/photos", { params: { query } }));
    yield* page.photos;
    cursor = page.next_cursor;
  } while (cursor);
}
