"""The small stack's CloudFormation template: one resource for each feature that PhotoSky uses."""

import json
from typing import Any

FUNCTION = """
import json, os, time

def task(event, context):
    photo_id = event["photo_id"]
    print(json.dumps({"seen": photo_id, "trace": os.environ["_X_AMZN_TRACE_ID"]}))
    if photo_id == "raise":
        raise ValueError("simulated fault")
    if photo_id == "slow":
        time.sleep(3)
    if photo_id == "busy":
        time.sleep(0.3)
    if photo_id == "missing":
        return {"outcome": "rejected", "code": "UploadMissing"}
    return {"outcome": "ready", "photo": json.dumps(event)}

def api(event, context):
    if event["path"] == "/raise":
        raise ValueError("simulated fault")
    if event["path"] == "/odd":
        return "odd"
    if event["path"] == "/empty":
        return {"statusCode": 302, "body": None, "headers": {"Location": "/elsewhere"}}
    if event["path"] == "/slow":
        time.sleep(2)
    request_id = event["requestContext"]["requestId"]
    body = {"request_id": request_id, "trace": os.environ["_X_AMZN_TRACE_ID"], "process": os.getpid()}
    return {"statusCode": 200, "body": json.dumps(body), "headers": {"Content-Type": "application/json"}}
"""

REQUEST = r"""#set($photo = $util.escapeJavaScript($input.params().path.get('photo_id')).replaceAll("\\'", "'"))
#set($payload = "{""owner_id"":""$context.authorizer.claims.sub"",""photo_id"":""$photo""}")
{"stateMachineArn": "MACHINE", "name": "$context.requestId",
 "input": "$util.escapeJavaScript($payload).replaceAll("\\'", "'")"}"""

RESPONSE = """#set($context.responseOverride.header.Access-Control-Allow-Origin = $input.params('Origin'))
#set($result = {})
#if($input.path('$.status') == 'SUCCEEDED')#set($result = $util.parseJson($input.path('$.output')))#end
#if($result.outcome == 'ready')
$result.photo
#elseif($result.code == 'UploadMissing')
#set($context.responseOverride.status = 409)
#set($context.responseOverride.header.Content-Type = "application/problem+json")
{"code": "$result.code", "request_id": "$context.requestId"}
#else
#set($context.responseOverride.status = 500)
{"status": "$input.path('$.status')", "error": "$input.path('$.error')"}
#end"""

PREFLIGHT = """#set($origin = $input.params().header.get("Origin"))
#if($origin == "http://localhost:5173")
#set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)
#end"""

MACHINE = {
    "StartAt": "Do",
    "TimeoutSeconds": 2,
    "States": {
        "Do": {
            "Type": "Task",
            "Resource": "${Task}",
            "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Failed"}],
            "End": True,
        },
        "Failed": {"Type": "Fail", "ErrorPath": "$.error.Error", "CausePath": "$.error.Cause"},
    },
}


def get_att(name: str, attribute: str = "Arn") -> dict[str, Any]:
    return {"Fn::GetAtt": [name, attribute]}


def ref(name: str) -> dict[str, Any]:
    return {"Ref": name}


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::{kind}", "Properties": properties}


def role(service: str, *statements: tuple[str, Any]) -> dict[str, Any]:
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}
    allowed = [{"Effect": "Allow", "Action": action, "Resource": target} for action, target in statements]
    policies = [{"PolicyName": "own", "PolicyDocument": {"Version": "2012-10-17", "Statement": allowed}}]
    document = {"Version": "2012-10-17", "Statement": [trust]}
    return resource("IAM::Role", AssumeRolePolicyDocument=document, Policies=policies if allowed else [])


def function(handler: str) -> dict[str, Any]:
    return resource(
        "Lambda::Function",
        Runtime="python3.13",
        Handler=f"index.{handler}",
        Code={"ZipFile": FUNCTION},
        Role=get_att("FunctionRole"),
        Timeout=20,
    )


def machine(role_name: str) -> dict[str, Any]:
    destination = {"CloudWatchLogsLogGroup": {"LogGroupArn": get_att("MachineLogs")}}
    return resource(
        "StepFunctions::StateMachine",
        StateMachineType="EXPRESS",
        RoleArn=get_att(role_name),
        DefinitionString={"Fn::Sub": [json.dumps(MACHINE), {"Task": get_att("TaskFunction")}]},
        LoggingConfiguration={"Level": "ALL", "IncludeExecutionData": True, "Destinations": [destination]},
    )


def client(pool_name: str) -> dict[str, Any]:
    flows = ["ALLOW_USER_PASSWORD_AUTH"]
    return resource("Cognito::UserPoolClient", UserPoolId=ref(f"{pool_name}Pool"), ExplicitAuthFlows=flows)


def pool(name: str) -> dict[str, Any]:
    return {f"{name}Pool": resource("Cognito::UserPool"), f"{name}Client": client(name)}


def method(parent: str, verb: str, integration: dict[str, Any], *, signed_in: bool = False) -> dict[str, Any]:
    authorization = {"AuthorizationType": "COGNITO_USER_POOLS", "AuthorizerId": ref("Authorizer")} if signed_in else {}
    return resource(
        "ApiGateway::Method",
        RestApiId=ref("Api"),
        ResourceId=ref(parent),
        HttpMethod=verb,
        Integration=integration,
        **({"AuthorizationType": "NONE"} | authorization),
    )


def path(parent: Any, part: str) -> dict[str, Any]:
    return resource("ApiGateway::Resource", RestApiId=ref("Api"), ParentId=parent, PathPart=part)


def lambda_integration(timeout_ms: int = 29000) -> dict[str, Any]:
    uri = {"Fn::Sub": "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/${ApiFunction.Arn}/invocations"}
    return {"Type": "AWS_PROXY", "IntegrationHttpMethod": "POST", "Uri": uri, "TimeoutInMillis": timeout_ms}


def machine_integration(machine_name: str, timeout_ms: int = 29000) -> dict[str, Any]:
    request = {"Fn::Sub": [REQUEST.replace("MACHINE", "${Machine}"), {"Machine": ref(machine_name)}]}
    return {
        "Type": "AWS",
        "IntegrationHttpMethod": "POST",
        "Uri": "arn:aws:apigateway:us-east-1:states:action/StartSyncExecution",
        "Credentials": get_att("GatewayRole"),
        "PassthroughBehavior": "NEVER",
        "TimeoutInMillis": timeout_ms,
        "RequestTemplates": {"application/json": request},
        "IntegrationResponses": [
            {"StatusCode": "200", "ResponseTemplates": {"application/json": RESPONSE}},
            {
                "StatusCode": "502",
                "SelectionPattern": r"4\d{2}",
                "ResponseTemplates": {"application/json": "$input.body"},
            },
        ],
    }


def gateway_response(kind: str, status: str | None = None) -> dict[str, Any]:
    prefix = "gatewayresponse.header."
    variables = {"kind": kind, "message": "$context.error.message", "reason": "$context.error.validationErrorString"}
    return resource(
        "ApiGateway::GatewayResponse",
        RestApiId=ref("Api"),
        ResponseType=kind,
        ResponseTemplates={"application/json": json.dumps(variables)},
        ResponseParameters={
            f"{prefix}Access-Control-Allow-Origin": "method.request.header.Origin",
            f"{prefix}Content-Type": "'application/problem+json'",
        },
        **({"StatusCode": status} if status else {}),
    )


ROUTES: dict[str, dict[str, Any]] = {
    "GetHealth": method("Health", "GET", lambda_integration()),
    "GetRaise": method("Raise", "GET", lambda_integration()),
    "GetOdd": method("Odd", "GET", lambda_integration()),
    "GetEmpty": method("Empty", "GET", lambda_integration()),
    "GetSlow": method("Slow", "GET", lambda_integration(timeout_ms=500)),
    "GetLimited": method("Limited", "GET", lambda_integration()),
    "GetOwn": method("Own", "GET", lambda_integration(), signed_in=True),
    "OptionsOwn": method(
        "Own",
        "OPTIONS",
        {
            "Type": "MOCK",
            "RequestTemplates": {"application/json": '{"statusCode": 204}'},
            "IntegrationResponses": [
                {
                    "StatusCode": "204",
                    "ResponseParameters": {"method.response.header.Vary": "'Origin'"},
                    "ResponseTemplates": {"application/json": PREFLIGHT},
                }
            ],
        },
    ),
    "PostIngest": method("Photo", "POST", machine_integration("Machine"), signed_in=True),
    "PutIngest": method("Photo", "PUT", machine_integration("Machine", timeout_ms=500), signed_in=True),
    "PostForbidden": method("Forbidden", "POST", machine_integration("ForbiddenMachine"), signed_in=True),
}

TEMPLATE: dict[str, Any] = {
    "Resources": {
        **pool("Own"),
        **pool("Other"),
        "SecondClient": client("Own"),
        "FunctionRole": role("lambda.amazonaws.com"),
        "MachineRole": role("states.amazonaws.com", ("lambda:InvokeFunction", get_att("TaskFunction"))),
        "RoleWithoutPolicies": role("states.amazonaws.com"),
        "GatewayRole": role(
            "apigateway.amazonaws.com",
            ("states:StartSyncExecution", [ref("Machine"), ref("MachineWithoutPermissions")]),
        ),
        "TaskFunction": function("task"),
        "ApiFunction": function("api"),
        "MachineLogs": resource("Logs::LogGroup", LogGroupName="/aws/vendedlogs/states/small"),
        "Machine": machine("MachineRole"),
        "MachineWithoutPermissions": machine("RoleWithoutPolicies"),
        "ForbiddenMachine": machine("MachineRole"),
        "Api": resource("ApiGateway::RestApi", Name="small"),
        "Authorizer": resource(
            "ApiGateway::Authorizer",
            RestApiId=ref("Api"),
            Name="own",
            Type="COGNITO_USER_POOLS",
            IdentitySource="method.request.header.Authorization",
            ProviderARNs=[get_att("OwnPool")],
            IdentityValidationExpression={"Fn::Sub": "^${OwnClient}$"},
        ),
        **{
            name: path(get_att("Api", "RootResourceId"), name.lower())
            for name in ("Health", "Raise", "Odd", "Empty", "Slow", "Limited", "Own", "Photos", "Forbidden")
        },
        "Photo": path(ref("Photos"), "{photo_id}"),
        **ROUTES,
        "Unauthorized": gateway_response("UNAUTHORIZED"),
        "Throttled": gateway_response("THROTTLED"),
        "NoRoute": gateway_response("MISSING_AUTHENTICATION_TOKEN", "404"),
        "TimedOut": gateway_response("INTEGRATION_TIMEOUT"),
        "ServerError": gateway_response("DEFAULT_5XX"),
        "ClientError": gateway_response("DEFAULT_4XX"),
        "Deployment": resource("ApiGateway::Deployment", RestApiId=ref("Api"))
        | {"DependsOn": [*ROUTES, "Unauthorized", "Throttled", "NoRoute", "TimedOut", "ServerError", "ClientError"]},
        "Stage": resource(
            "ApiGateway::Stage",
            RestApiId=ref("Api"),
            DeploymentId=ref("Deployment"),
            StageName="v1",
            MethodSettings=[
                {
                    "HttpMethod": "GET",
                    "ResourcePath": "/~1limited",
                    "ThrottlingRateLimit": 0.01,
                    "ThrottlingBurstLimit": 1,
                }
            ],
        ),
    },
    "Outputs": {
        "ApiUrl": {"Value": {"Fn::Sub": "https://${Api}.execute-api.us-east-1.amazonaws.com/v1/"}},
        "OwnPoolId": {"Value": ref("OwnPool")},
        "OwnClientId": {"Value": ref("OwnClient")},
        "SecondPoolId": {"Value": ref("OwnPool")},
        "SecondClientId": {"Value": ref("SecondClient")},
        "OtherPoolId": {"Value": ref("OtherPool")},
        "OtherClientId": {"Value": ref("OtherClient")},
        "MachineArn": {"Value": ref("Machine")},
        "MachineWithoutPermissionsArn": {"Value": ref("MachineWithoutPermissions")},
        "TaskName": {"Value": ref("TaskFunction")},
    },
}
