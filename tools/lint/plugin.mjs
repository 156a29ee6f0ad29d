export default {
  meta: { name: "house" },
  rules: {
    "no-utils-file": {
      create(ctx) {
        return {
          Program(node) {
            if (/\/(utils?|helpers?|common|misc|types)\.ts$/.test(ctx.filename))
              ctx.report({ node, message: "name the file after what it holds, not 'utils'" });
          },
        };
      },
    },
  },
};
