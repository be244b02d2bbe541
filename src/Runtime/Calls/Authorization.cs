using System.Security.Claims;
using ButlerRpc.Calls;

namespace ButlerRpc;

/// <summary>Decides whether a caller may call a method that has a policy.</summary>
/// <param name="principal">Who calls; null: nobody that was authenticated.</param>
/// <param name="method">What is called.</param>
/// <param name="context">The call.</param>
public delegate ValueTask<bool> ButlerPolicy(ClaimsPrincipal? principal, Method method, CallContext context);
