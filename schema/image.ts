import { images } from "../src/store/tables.ts";
import { builder } from "./builder.ts";
import { connectionOf } from "./connection.ts";
import { GuestConnection, guestArgs, guestPage } from "./guest.ts";
import { namedList } from "./named.ts";

export const Image = builder.drizzleNode("images", {
  name: "Image",
  description: "What a guest boots from.",
  id: { column: (image) => image.id },
  fields: (t) => ({
    name: t.exposeString("name"),
    bootSeconds: t.exposeFloat("bootSeconds", {
      nullable: true,
      description: "How long booting takes in the simulated world; null for its default.",
    }),
    guests: t.relatedConnection(
      "guests",
      { args: guestArgs, query: (args) => guestPage(args), totalCount: true },
      GuestConnection,
    ),
  }),
});

const ImageConnection = connectionOf(Image, "Image");
const imageList = namedList("Image");

builder.queryField("images", (t) =>
  t.drizzleConnection(
    {
      type: Image,
      args: imageList.args,
      totalCount: (_root, args, { db }) =>
        db.$count(images, imageList.condition(args.filter)(images)),
      resolve: (query, _root, args, { db }) =>
        db.query.images.findMany(query(imageList.page(args))),
    },
    ImageConnection,
  ),
);
