using System.Text.Json;
using PmOrleans.Decisioning.Form;
using PmOrleans.Gateway.Http;
using PmOrleans.Gateway.Json;
using PmOrleans.Node.Port;

namespace PmOrleans.Gateway.Customers;

/// <summary>Gives a customer another outside id.</summary>
internal sealed class CustomerAliases(Admission admission, IDecisionNode node)
{
    private const int MaxBytes = 4 * 1024;

    private static readonly string[] Known = ["alias"];

    public async Task<IResult> AddAsync(HttpContext context)
    {
        if (!ContentTypes.IsJson(context.Request))
        {
            return new Answered(ContentTypes.RefuseAsync(context));
        }

        if (!admission.TryEnter(context, MaxBytes, out var lease, out var refused))
        {
            return new Answered(refused);
        }

        using (lease)
        {
            using var body = await RequestBody.ReadAsync(context, MaxBytes, lease!);
            if (body is null)
            {
                return new Answered(admission.UnreadAsync(context, MaxBytes, lease!));
            }

            var errors = new ErrorList();
            var id = PathId.Read(context, out var mistake);
            if (id is null)
            {
                errors.Add("id", mistake!);
            }

            var alias = Read(body.Span, errors);
            return errors.IsEmpty
                ? (await node.AddAliasAsync(id!, alias!, context.RequestAborted)).As(CustomerIdsBody.From)
                : new ProblemResult(Problem.Invalid, "The request has mistakes; nothing was applied.", errors.ToDictionary());
        }
    }

    private static string? Read(ReadOnlySpan<byte> body, ErrorList errors)
    {
        try
        {
            var input = new JsonInput(body, stackalloc byte[JsonInput.ScratchLength], errors);
            if (!input.Begin() || !input.BeginObject(FieldPath.Body))
            {
                return null;
            }

            FieldPath root = default;
            uint seen = 0;
            string? alias = null;
            while (input.NextMember(out var name))
            {
                if (name.SequenceEqual("alias"u8))
                {
                    alias = input.Once(ref seen, 0, root, "alias") ? input.Id(root, "alias") : alias;
                }
                else
                {
                    input.Unknown(root, name, Known);
                }
            }

            input.End();
            if (alias is null && !errors.Has("alias"))
            {
                errors.Add("alias", "is required");
            }

            return alias;
        }
        catch (JsonException broken)
        {
            errors.Add(FieldPath.Body, BrokenJson.Describe(broken, body));
            return null;
        }
    }
}
